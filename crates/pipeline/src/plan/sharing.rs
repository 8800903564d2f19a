//! The images that use the same bytes of an arena at other times: a summary for people, with the first few of each.

use crate::plan::arena::ArenaRange;

/// The most images that are listed for one image. In a long chain that alternates between two buffers each image shares with
/// half of the others.
pub(crate) const MOST_NAMED: usize = 64;

/// The ranges that share bytes with a range.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Sharing {
    /// The first of the ranges, [`MOST_NAMED`] at most, as sorted indices.
    pub(crate) named: Vec<usize>,
    /// The number of further ranges.
    pub(crate) more: usize,
}

/// A range that one or more images have.
struct Place {
    range: ArenaRange,
    /// The number of images with this range.
    count: usize,
    /// The first of these images, one more than are listed, since an image does not list itself.
    first: Vec<usize>,
}

/// Finds for each range the others with which it shares bytes. Equal ranges are compared as one.
pub(crate) fn sharing(ranges: &[ArenaRange]) -> Vec<Sharing> {
    let mut order: Vec<usize> = (0..ranges.len()).filter(|&i| ranges[i].bytes > 0).collect();
    order.sort_by_key(|&index| (ranges[index].offset, ranges[index].bytes, index));
    let mut places: Vec<Place> = Vec::new();
    let mut place_of = vec![None; ranges.len()];
    for index in order {
        if places
            .last()
            .is_none_or(|place| place.range != ranges[index])
        {
            places.push(Place {
                range: ranges[index],
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
        open.retain(|&other| places[other].range.overlaps(&place.range));
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
    (0..ranges.len()).map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn those_that_overlap_are_named(places in prop::collection::vec((0usize..40, 0usize..30), 0..160)) {
            let ranges: Vec<ArenaRange> = places.iter().map(|&(offset, bytes)| ArenaRange { offset, bytes }).collect();
            for (index, got) in sharing(&ranges).into_iter().enumerate() {
                let meets = |&other: &usize| other != index && ranges[index].bytes > 0
                    && ranges[other].bytes > 0 && ranges[other].overlaps(&ranges[index]);
                let all: Vec<usize> = (0..ranges.len()).filter(meets).collect();
                let named = all.len().min(MOST_NAMED);
                prop_assert_eq!(got, Sharing { named: all[..named].to_vec(), more: all.len() - named });
            }
        }
    }
}
