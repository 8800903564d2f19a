//! Places buffers in one piece of memory: best fit by offset.

/// What every buffer is aligned to, in bytes.
pub(crate) const ALIGNMENT: usize = 512;

/// Which buffers may not share memory.
pub(crate) struct Conflicts {
    count: usize,
    bits: Vec<bool>,
}

impl Conflicts {
    pub(crate) fn new(count: usize, conflict: impl Fn(usize, usize) -> bool) -> Self {
        let mut bits = vec![false; count * count];
        for a in 0..count {
            for b in 0..a {
                let both = conflict(a, b);
                bits[a * count + b] = both;
                bits[b * count + a] = both;
            }
        }
        Conflicts { count, bits }
    }

    fn between(&self, a: usize, b: usize) -> bool {
        self.bits[a * self.count + b]
    }
}

/// The orders in which buffers are placed, of which the best result counts: the largest first, which leaves the gaps to
/// the small ones, and as they come, which follows a chain with two buffers in turns.
pub(crate) fn orders(bytes: &[usize]) -> [Vec<usize>; 2] {
    let as_they_come: Vec<usize> = (0..bytes.len()).collect();
    let mut largest_first = as_they_come.clone();
    largest_first.sort_by_key(|&index| std::cmp::Reverse(bytes[index]));
    [largest_first, as_they_come]
}

/// Where each buffer begins, and how much memory all take.
pub(crate) struct Placement {
    pub(crate) offsets: Vec<usize>,
    pub(crate) bytes: usize,
}

impl Placement {
    /// Places one buffer after the other into the smallest gap between those that it conflicts with, of equal ones the
    /// first, or else behind them. `None` where the end is past all addresses.
    pub(crate) fn best_fit(
        bytes: &[usize],
        order: &[usize],
        conflicts: &Conflicts,
    ) -> Option<Self> {
        let mut placement = Placement {
            offsets: vec![0; bytes.len()],
            bytes: 0,
        };
        let mut placed: Vec<usize> = Vec::with_capacity(order.len());
        let mut taken: Vec<(usize, usize)> = Vec::with_capacity(order.len());
        for &index in order {
            let size = bytes[index].checked_next_multiple_of(ALIGNMENT)?;
            taken.clear();
            taken.extend(
                placed
                    .iter()
                    .filter(|&&other| conflicts.between(index, other))
                    .map(|&other| {
                        let start = placement.offsets[other];
                        (start, start + bytes[other].next_multiple_of(ALIGNMENT))
                    }),
            );
            taken.sort_unstable();
            let mut free_from = 0;
            let mut best: Option<(usize, usize)> = None;
            for &(start, end) in &taken {
                let gap = start.saturating_sub(free_from);
                if gap >= size && best.is_none_or(|(least, _)| gap < least) {
                    best = Some((gap, free_from));
                }
                free_from = free_from.max(end);
            }
            let offset = best.map_or(free_from, |(_, offset)| offset);
            let end = offset.checked_add(size)?;
            placement.offsets[index] = offset;
            placement.bytes = placement.bytes.max(end);
            placed.push(index);
        }
        isize::try_from(placement.bytes).ok()?;
        Some(placement)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(bytes: &[usize], order: &[usize], pairs: &[(usize, usize)]) -> (Vec<usize>, usize) {
        let conflicts = Conflicts::new(bytes.len(), |a, b| {
            pairs.contains(&(a, b)) || pairs.contains(&(b, a))
        });
        let placement = Placement::best_fit(bytes, order, &conflicts).unwrap();
        (placement.offsets, placement.bytes)
    }

    #[test]
    fn gaps_are_used_the_smallest_first() {
        // 0 to 4 conflict with each other but for 1 and 3, which leave gaps of 1024 and 512 for 5 and 6.
        let sizes = [512, 1024, 512, 512, 512, 300, 1000];
        let conflicts: Vec<_> = (0..5)
            .flat_map(|a| (0..a).map(move |b| (a, b)))
            .chain([(5, 0), (5, 2), (5, 4), (6, 0), (6, 2), (6, 4), (6, 5)])
            .collect();
        let (offsets, bytes) = place(&sizes, &[0, 1, 2, 3, 4, 5, 6], &conflicts);
        assert_eq!(offsets, [0, 512, 1536, 2048, 2560, 2048, 512]);
        assert_eq!(bytes, 3072);
    }

    #[test]
    fn what_cannot_be_addressed_is_refused() {
        let conflicts = Conflicts::new(2, |_, _| true);
        let half = usize::MAX / 2 - 1000;
        assert!(Placement::best_fit(&[half, half], &[0, 1], &conflicts).is_none());
    }
}
