//! The order in which a data set is read.

use pixelflume_ops::random::philox4x32;
use serde::{Deserialize, Deserializer, Serialize};

/// How each pass over a data set is shuffled: a function of the seed and the epoch alone, whatever threads and devices there are.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Shuffle {
    seed: u64,
    #[serde(deserialize_with = "window")]
    window: u64,
}

/// A window from anywhere, within the same bounds as in [`Shuffle::windows`].
fn window<'de, D: Deserializer<'de>>(text: D) -> Result<u64, D::Error> {
    u64::deserialize(text).map(|window| window.clamp(1, LONGEST))
}

/// The longest list that is shuffled: of the items of a window, or of the windows.
const LONGEST: u64 = 1 << 32;

/// The steps of a shuffle after which it looks whether it is still wanted.
const LOOK_EVERY: u64 = 1 << 16;

/// What is shuffled, so that the two lists draw different numbers.
const WINDOWS: u32 = u32::MAX;

impl Shuffle {
    /// Shuffles all items. The order takes 4 bytes of memory for each.
    pub fn all(seed: u64) -> Self {
        Shuffle {
            seed,
            window: LONGEST,
        }
    }

    /// Divides the data set into runs of `window` items, which follow each other in a random order, and each of which is read in a
    /// random order: for data sets of which parts lie together. The order takes 4 bytes of memory for each run, and for each item of one. 0
    /// counts as 1.
    pub fn windows(seed: u64, window: u64) -> Self {
        Shuffle {
            seed,
            window: window.clamp(1, LONGEST),
        }
    }

    /// The numbers 0 to `count` - 1 in random order: Fisher and Yates' shuffle by Philox, with the seed as its key. The counter is
    /// (step, what is shuffled in two words, epoch modulo 2^32).
    ///
    /// `None` where there is no memory for it, or it is not wanted anymore.
    fn order(
        &self,
        count: u64,
        epoch: u64,
        what: [u32; 2],
        is_wanted: &dyn Fn() -> bool,
    ) -> Option<Vec<u32>> {
        let key = [self.seed as u32, (self.seed >> 32) as u32];
        let mut order: Vec<u32> = Vec::new();
        order.try_reserve_exact(usize::try_from(count).ok()?).ok()?;
        for number in 0..count {
            if number.is_multiple_of(LOOK_EVERY) && !is_wanted() {
                return None;
            }
            order.push(number as u32);
        }
        for last in (1..order.len()).rev() {
            if (last as u64).is_multiple_of(LOOK_EVERY) && !is_wanted() {
                return None;
            }
            let counter = [last as u32, what[0], what[1], epoch as u32];
            let [high, low, ..] = philox4x32(counter, key);
            let drawn = u64::from(high) << 32 | u64::from(low);
            // The bias is less than 2^-32.
            let chosen = (u128::from(drawn) * (last as u128 + 1)) >> 64;
            order.swap(last, chosen as usize);
        }
        Some(order)
    }
}

/// The order of the items of a data set in one epoch after the other. It keeps the lists of one epoch and one window.
#[derive(Debug)]
pub(crate) struct Passes {
    shuffle: Option<Shuffle>,
    len: u64,
    windows: Option<WindowOrder>,
    /// The epoch, the number of the window, and its order of items.
    items: Option<(u64, u64, Vec<u32>)>,
}

/// The order of the windows in an epoch.
#[derive(Debug)]
struct WindowOrder {
    epoch: u64,
    order: Vec<u32>,
    /// The windows before the last one of the data set, which may be shorter than the others.
    before: u64,
}

impl Passes {
    pub(crate) fn new(shuffle: Option<Shuffle>, len: u64) -> Self {
        Passes {
            shuffle,
            len,
            windows: None,
            items: None,
        }
    }

    /// Whether the lists are not too long to be shuffled.
    pub(crate) fn is_possible(&self) -> bool {
        let windows = |shuffle: &Shuffle| self.len.div_ceil(shuffle.window) < LONGEST;
        let items = |shuffle: &Shuffle| self.len.min(shuffle.window) < LONGEST;
        self.shuffle
            .as_ref()
            .is_none_or(|shuffle| windows(shuffle) && items(shuffle))
    }

    /// The number of the item in this place of an epoch; `place` is less than the number of items. `None` where there is no memory for
    /// the order, or it is not wanted anymore.
    pub(crate) fn index(
        &mut self,
        epoch: u64,
        place: u64,
        is_wanted: &dyn Fn() -> bool,
    ) -> Option<u64> {
        let Some(shuffle) = self.shuffle else {
            return Some(place);
        };
        let (window, count) = (shuffle.window, self.len.div_ceil(shuffle.window));
        let known = self.windows.take().filter(|known| known.epoch == epoch);
        let known = match known {
            Some(known) => known,
            None => {
                let order = shuffle.order(count, epoch, [WINDOWS; 2], is_wanted)?;
                let before = order
                    .iter()
                    .take_while(|&&number| u64::from(number) != count - 1);
                let before = before.count() as u64;
                WindowOrder {
                    epoch,
                    order,
                    before,
                }
            }
        };
        let WindowOrder { order, before, .. } = &*self.windows.insert(known);
        let before = *before;
        let short = self.len - (count - 1) * window;
        let (turn, within) = match place {
            _ if place < before * window => (place / window, place % window),
            _ if place < before * window + short => (before, place - before * window),
            _ => {
                let behind = place - before * window - short;
                (before + 1 + behind / window, behind % window)
            }
        };
        let number = u64::from(order[turn as usize]);
        if self
            .items
            .as_ref()
            .is_none_or(|(of, at, _)| (*of, *at) != (epoch, number))
        {
            let items = if number == count - 1 { short } else { window };
            let what = [number as u32, (number >> 32) as u32];
            let order = shuffle.order(items, epoch, what, is_wanted)?;
            self.items = Some((epoch, number, order));
        }
        let items = self.items.as_ref().map_or(&[][..], |(.., items)| items);
        Some(number * window + u64::from(items[within as usize]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pass(shuffle: Option<Shuffle>, len: u64, epoch: u64) -> Vec<u64> {
        let mut passes = Passes::new(shuffle, len);
        (0..len)
            .map(|place| passes.index(epoch, place, &|| true).unwrap())
            .collect()
    }

    proptest! {
        /// Every item once, the items of a window together, and the same from any place on.
        #[test]
        fn a_pass_is_a_permutation_of_windows(len in 1u64..200, window in 1u64..70, seed in any::<u64>(), epoch in 0u64..3) {
            let order = pass(Some(Shuffle::windows(seed, window)), len, epoch);
            let mut sorted = order.clone();
            sorted.sort_unstable();
            prop_assert_eq!(sorted, (0..len).collect::<Vec<_>>());
            let mut runs: Vec<u64> = order.iter().map(|index| index / window).collect();
            runs.dedup();
            prop_assert_eq!(runs.len() as u64, len.div_ceil(window));
            let mut afresh = Passes::new(Some(Shuffle::windows(seed, window)), len);
            for place in (0..len).rev() {
                prop_assert_eq!(afresh.index(epoch, place, &|| true), Some(order[place as usize]));
            }
        }
    }

    #[test]
    fn a_shuffle_ends_when_it_is_not_wanted() {
        let mut passes = Passes::new(Some(Shuffle::windows(1, 1)), 1 << 22);
        let looks = std::cell::Cell::new(0);
        let is_wanted = || looks.replace(looks.get() + 1) < 3;
        assert_eq!(passes.index(0, 0, &is_wanted), None);
        assert_eq!(looks.get(), 4);
    }

    #[test]
    fn a_window_of_none_is_one_of_one() {
        let read = serde_json::from_str::<Shuffle>(r#"{"seed":5,"window":0}"#);
        assert_eq!(read.unwrap(), Shuffle::windows(5, 0));
    }

    #[test]
    fn seeds_and_epochs_differ_and_no_shuffle_is_the_order() {
        let all = |seed, epoch| pass(Some(Shuffle::all(seed)), 100, epoch);
        assert_eq!(all(1, 0), all(1, 0));
        assert_ne!(all(1, 0), all(1, 1));
        assert_ne!(all(1, 0), all(2, 0));
        assert_ne!(all(1, 0), all(1 << 32 | 1, 0));
        assert_eq!(pass(None, 3, 5), [0, 1, 2]);
    }

    /// The order is part of the positions that programs keep: it must not change.
    #[test]
    fn the_order_of_a_seed_is_known() {
        assert_eq!(pass(Some(Shuffle::all(7)), 8, 0), KNOWN);
    }
    const KNOWN: [u64; 8] = [3, 6, 0, 4, 1, 7, 5, 2];

    #[test]
    fn all_orders_of_three_come_equally_often() {
        let mut counts = std::collections::HashMap::new();
        for seed in 0..6000 {
            *counts
                .entry(pass(Some(Shuffle::all(seed)), 3, 0))
                .or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(
            counts.values().all(|count| (850..1150).contains(count)),
            "{counts:?}"
        );
    }
}
