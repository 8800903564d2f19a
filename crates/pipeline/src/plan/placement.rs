//! Placing buffers with lifetimes in one block of memory: best fit by offset.

/// The alignment of every buffer, in bytes.
pub(crate) const ALIGNMENT: usize = 512;

/// The most buffers that are placed in a second order too, which compares every pair of them.
const MOST_PAIRED: usize = 1024;

/// The lifetimes of buffers, which are numbered in the order in which they are first written.
pub(crate) trait Lifetimes {
    /// Whether all uses of `a` are complete when `b` is written.
    fn precedes(&self, a: usize, b: usize) -> bool;

    /// Whether a buffer is used to the end, so that it precedes no other.
    fn is_kept(&self, buffer: usize) -> bool;

    /// Some of the buffers from `first` on, such that a buffer that precedes these precedes all buffers from `first` on.
    fn earliest_from(&self, first: usize) -> Vec<usize>;
}

/// The offset of each buffer, and the bytes of all.
pub(crate) struct Placement {
    pub(crate) offsets: Vec<usize>,
    pub(crate) bytes: usize,
}

impl Placement {
    /// Places the buffers in two orders, and gives the smaller result: the largest first, which leaves the gaps to the small
    /// ones, and in the order of their numbers, in which a chain alternates between two buffers. Many buffers are placed by
    /// number only. Buffers without bytes take no place. `None` where the end is past all addresses.
    pub(crate) fn best(bytes: &[usize], lifetimes: &impl Lifetimes) -> Option<Self> {
        let as_they_come: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at] > 0).collect();
        let in_order = || Placement::in_order(bytes, &as_they_come, lifetimes);
        if as_they_come.len() > MOST_PAIRED {
            return in_order();
        }
        let mut order = as_they_come.clone();
        order.sort_by_key(|&index| std::cmp::Reverse(bytes[index]));
        let largest_first = Placement::in_any_order(bytes, &order, lifetimes)?;
        if order == as_they_come {
            return Some(largest_first);
        }
        let in_order = in_order()?;
        Some(match in_order.bytes < largest_first.bytes {
            true => in_order,
            false => largest_first,
        })
    }

    fn in_any_order(bytes: &[usize], order: &[usize], lifetimes: &impl Lifetimes) -> Option<Self> {
        let mut placing = Placing::new(bytes.len());
        for &index in order {
            let conflicts =
                |other| !lifetimes.precedes(index, other) && !lifetimes.precedes(other, index);
            placing.place(index, bytes[index], conflicts)?;
        }
        placing.finish()
    }

    /// Places the buffers in this order; of the buffers placed before, only those are compared that later buffers may
    /// conflict with. A buffer precedes no buffer with a smaller number.
    fn in_order(bytes: &[usize], order: &[usize], lifetimes: &impl Lifetimes) -> Option<Self> {
        let mut placing = Placing::new(bytes.len());
        let mut most = FEW;
        for &index in order {
            let conflicts = |other| !lifetimes.precedes(other, index);
            let part = placing.place(index, bytes[index], conflicts)?;
            if lifetimes.is_kept(index) {
                placing.keep(part);
            } else if placing.parts.len() > most {
                let next = lifetimes.earliest_from(index + 1);
                let is_over = |part: &Part| {
                    next.iter()
                        .all(|&next| lifetimes.precedes(part.index, next))
                };
                placing.parts.retain(|part| !is_over(part));
                most = (2 * placing.parts.len()).max(FEW);
            }
        }
        placing.finish()
    }
}

/// The number of buffers up to which a search for expired ones does not pay.
const FEW: usize = 32;

/// A buffer that has been placed.
#[derive(Copy, Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
struct Part {
    start: usize,
    end: usize,
    index: usize,
}

/// The state of a placement.
struct Placing {
    placement: Placement,
    /// The placed buffers, sorted by offset; they may overlap.
    parts: Vec<Part>,
    /// The ranges that all later buffers conflict with, sorted and disjoint.
    kept: Vec<(usize, usize)>,
}

impl Placing {
    fn new(buffers: usize) -> Self {
        Placing {
            placement: Placement {
                offsets: vec![0; buffers],
                bytes: 0,
            },
            parts: Vec::new(),
            kept: Vec::new(),
        }
    }

    /// Places a buffer into the smallest gap between the buffers that it conflicts with, the first of equal gaps, or else
    /// behind them.
    fn place(
        &mut self,
        index: usize,
        bytes: usize,
        conflicts: impl Fn(usize) -> bool,
    ) -> Option<Part> {
        let size = bytes.checked_next_multiple_of(ALIGNMENT)?;
        let mut free_from = 0;
        let mut best: Option<(usize, usize)> = None;
        let mut taken = |start: usize, end: usize| {
            let gap = start.saturating_sub(free_from);
            if gap >= size && best.is_none_or(|(least, _)| gap < least) {
                best = Some((gap, free_from));
            }
            free_from = free_from.max(end);
        };
        let mut kept = self.kept.iter().peekable();
        for part in self.parts.iter().filter(|part| conflicts(part.index)) {
            while let Some(&(start, end)) = kept.next_if(|(start, _)| *start <= part.start) {
                taken(start, end);
            }
            taken(part.start, part.end);
        }
        kept.for_each(|&(start, end)| taken(start, end));
        let start = best.map_or(free_from, |(_, offset)| offset);
        let end = start.checked_add(size)?;
        self.placement.offsets[index] = start;
        self.placement.bytes = self.placement.bytes.max(end);
        let part = Part { start, end, index };
        let at = self.parts.partition_point(|other| *other < part);
        self.parts.insert(at, part);
        Some(part)
    }

    /// Reserves the range of a buffer against all later buffers.
    fn keep(&mut self, part: Part) {
        if let Ok(at) = self.parts.binary_search(&part) {
            self.parts.remove(at);
        }
        let Part { start, end, .. } = part;
        let first = self.kept.partition_point(|kept| kept.1 < start);
        let behind = self.kept.partition_point(|kept| kept.0 <= end);
        let met = &self.kept[first..behind];
        let start = met.first().map_or(start, |kept| kept.0.min(start));
        let end = met.last().map_or(end, |kept| kept.1.max(end));
        self.kept.splice(first..behind, [(start, end)]);
    }

    fn finish(self) -> Option<Placement> {
        isize::try_from(self.placement.bytes).ok()?;
        Some(self.placement)
    }
}

#[cfg(test)]
#[path = "placement_tests.rs"]
mod tests;
