//! Which images lie in the same memory at other times, for people: the first few of each.

use crate::plan::arena::Slot;

/// The most that are named of one image. In a long chain of two buffers in turns each image shares with half of the others.
pub(crate) const MOST_NAMED: usize = 64;

/// With whom a slot shares bytes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Sharing {
    /// The first ones, [`MOST_NAMED`] at most, as indices of the slots in order.
    pub(crate) named: Vec<usize>,
    /// How many more there are.
    pub(crate) more: usize,
}

/// A piece of memory that is just that of one or more slots.
struct Place {
    slot: Slot,
    /// How many slots.
    count: usize,
    /// The first of them, one more than are named, since a slot does not name itself.
    first: Vec<usize>,
}

/// For each slot the others with whom it shares bytes. Slots in the same place are looked at as one.
pub(crate) fn sharing(slots: &[Slot]) -> Vec<Sharing> {
    let mut order: Vec<usize> = (0..slots.len()).filter(|&i| slots[i].bytes > 0).collect();
    order.sort_by_key(|&index| (slots[index].offset, slots[index].bytes, index));
    let mut places: Vec<Place> = Vec::new();
    let mut place_of = vec![None; slots.len()];
    for index in order {
        if places.last().is_none_or(|place| place.slot != slots[index]) {
            places.push(Place {
                slot: slots[index],
                count: 0,
                first: Vec::new(),
            });
        }
        place_of[index] = Some(places.len() - 1);
        if let Some(place) = places.last_mut() {
            place.count += 1;
            place.first.push(index);
            place.first.truncate(MOST_NAMED + 1);
        }
    }
    let mut met: Vec<(usize, Vec<usize>)> = places
        .iter()
        .map(|place| (place.count, place.first.clone()))
        .collect();
    let mut open: Vec<usize> = Vec::new();
    for (at, place) in places.iter().enumerate() {
        open.retain(|&other| places[other].slot.overlaps(&place.slot));
        for &other in &open {
            for (of, by) in [(at, other), (other, at)] {
                let (count, first) = &mut met[of];
                *count += places[by].count;
                first.extend(&places[by].first);
                first.sort_unstable();
                first.truncate(MOST_NAMED + 1);
            }
        }
        open.push(at);
    }
    let of = |index: usize| {
        let Some((count, first)) = place_of[index].map(|at: usize| &met[at]) else {
            return Sharing::default();
        };
        let others = first.iter().copied().filter(|&other| other != index);
        let named: Vec<usize> = others.take(MOST_NAMED).collect();
        let more = count - 1 - named.len();
        Sharing { named, more }
    };
    (0..slots.len()).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn those_that_overlap_are_named(places in prop::collection::vec((0usize..40, 0usize..30), 0..160)) {
            let slots: Vec<Slot> = places.iter().map(|&(offset, bytes)| Slot { offset, bytes }).collect();
            for (index, got) in sharing(&slots).into_iter().enumerate() {
                let meets = |&other: &usize| other != index && slots[index].bytes > 0
                    && slots[other].bytes > 0 && slots[other].overlaps(&slots[index]);
                let all: Vec<usize> = (0..slots.len()).filter(meets).collect();
                let named = all.len().min(MOST_NAMED);
                prop_assert_eq!(got, Sharing { named: all[..named].to_vec(), more: all.len() - named });
            }
        }
    }
}
