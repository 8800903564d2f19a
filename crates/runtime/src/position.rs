//! How far a job is.

use crate::shuffle::Shuffle;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The position of a job: which items were taken. A job of the same source with the same shuffle that is
/// [resumed](crate::JobBuilder::resume) there gives the others, in the same order, with the same random numbers.
///
/// It is small (a few numbers, and those of items that were taken out of order), and can be written and read by `serde`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Position {
    /// The number of items of the data set; `None` for a stream.
    pub(crate) items: Option<u64>,
    pub(crate) shuffle: Option<Shuffle>,
    /// All items before this place were taken.
    pub(crate) next: u64,
    /// Those behind it that were taken, too.
    pub(crate) taken: BTreeSet<u64>,
}

impl Position {
    pub(crate) fn new(items: Option<u64>, shuffle: Option<Shuffle>) -> Self {
        Position {
            items,
            shuffle,
            next: 0,
            taken: BTreeSet::new(),
        }
    }

    /// The number of items that were taken, over all epochs.
    pub fn taken(&self) -> u64 {
        self.next.saturating_add(self.taken.len() as u64)
    }

    /// The first place whose item was not taken.
    pub fn first_left(&self) -> u64 {
        self.next
    }

    /// Notes that the item in this place ([`ItemInfo::place`](crate::ItemInfo::place)) was taken: for programs that give items on, and keep a
    /// position of their own.
    pub fn take(&mut self, sequence: u64) {
        if sequence < self.next {
            return;
        }
        self.taken.insert(sequence);
        while self.next < u64::MAX && self.taken.remove(&self.next) {
            self.next += 1;
        }
    }

    /// Whether the item in this place was taken.
    pub fn has(&self, sequence: u64) -> bool {
        sequence < self.next || self.taken.contains(&sequence)
    }

    /// The reason why a job of these items, this shuffle and so many epochs cannot go on here.
    pub(crate) fn mismatch(
        &self,
        items: Option<u64>,
        shuffle: Option<Shuffle>,
        epochs: u64,
    ) -> Option<String> {
        if self.items != items {
            let shown = |items: Option<u64>| {
                items.map_or("a stream".to_owned(), |items| format!("{items} items"))
            };
            return Some(format!(
                "it is of {}, and the source is {}",
                shown(self.items),
                shown(items)
            ));
        }
        if self.shuffle != shuffle {
            return Some("it is of a job with another seed or window of its shuffle".to_owned());
        }
        let end = items.map_or(u64::MAX, |items| items.saturating_mul(epochs));
        let outside = |place: &u64| *place < self.next || *place >= end;
        let last = (self.next > end).then_some(self.next);
        let place = last.or_else(|| self.taken.iter().copied().find(outside))?;
        Some(format!(
            "its item {place} is not one of the items {} to {end} that the job would have left",
            self.next.min(end)
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_out_of_order_is_kept_until_the_gap_closes() {
        let mut position = Position::new(Some(9), None);
        for sequence in [2, 0, 4] {
            position.take(sequence);
        }
        assert_eq!((position.next, position.taken()), (1, 3));
        assert!(position.has(0) && !position.has(1) && position.has(4));
        position.take(1);
        assert_eq!((position.next, position.taken.len()), (3, 1));
        let text = serde_json::to_string(&position).unwrap();
        assert_eq!(serde_json::from_str::<Position>(&text).unwrap(), position);
    }

    #[test]
    fn a_position_that_no_job_had_is_refused() {
        let position = |next, taken: &[u64]| Position {
            next,
            taken: taken.iter().copied().collect(),
            ..Position::new(Some(3), None)
        };
        for (next, taken, epochs, is_right) in [
            (6, &[][..], 2, true),
            (7, &[], 2, false),
            (1, &[2, 5], 2, true),
            (1, &[2, 6], 2, false),
            (3, &[2], 2, false),
            (u64::MAX, &[], u64::MAX, true),
            (u64::MAX - 2, &[u64::MAX], u64::MAX, false),
        ] {
            let reason = position(next, taken).mismatch(Some(3), None, epochs);
            assert_eq!(reason.is_none(), is_right, "{next} {taken:?}: {reason:?}");
        }
        assert_eq!(position(u64::MAX, &[1]).taken(), u64::MAX);
    }
}
