//! Tests of the places of buffers: in gaps, equal to those found by comparing every pair, and with work in
//! proportion to the buffers.

use super::*;
use proptest::prelude::*;
use std::cell::Cell;

/// Buffers whose conflicts are given as pairs, until the order of their lifetimes is asked for.
struct Pairs<'a>(&'a [(usize, usize)]);

impl Lifetimes for Pairs<'_> {
    fn precedes(&self, a: usize, b: usize) -> bool {
        !self.0.contains(&(a, b)) && !self.0.contains(&(b, a))
    }

    fn is_kept(&self, _: usize) -> bool {
        false
    }

    fn earliest_from(&self, _: usize) -> Vec<usize> {
        unreachable!("there are few buffers")
    }
}

#[test]
fn gaps_are_used_the_smallest_first() {
    // 0 to 4 conflict with each other but for 1 and 3, which leave gaps of 1024 and 512 for 5 and 6.
    let sizes = [512, 1024, 512, 512, 512, 300, 1000];
    let conflicts: Vec<_> = (0..5)
        .flat_map(|a| (0..a).map(move |b| (a, b)))
        .chain([(5, 0), (5, 2), (5, 4), (6, 0), (6, 2), (6, 4), (6, 5)])
        .collect();
    let order = [0, 1, 2, 3, 4, 5, 6];
    for place in [Placement::in_any_order, Placement::in_order] {
        let placement = place(&sizes, &order, &Pairs(&conflicts)).unwrap();
        assert_eq!(placement.offsets, [0, 512, 1536, 2048, 2560, 2048, 512]);
        assert_eq!(placement.bytes, 3072);
    }
}

#[test]
fn what_cannot_be_addressed_is_refused() {
    let half = usize::MAX / 2 - 1000;
    assert!(Placement::best(&[half, half], &Pairs(&[(0, 1)])).is_none());
}

/// Buffers that are written one after the other on one stream; each is used until a later one is written, or
/// to the end.
struct Stream {
    /// For each buffer, the last buffer that is written while it is in use.
    last_use: Vec<usize>,
    asked: Cell<usize>,
}

impl Stream {
    fn new(last_use: Vec<usize>) -> Self {
        let asked = Cell::new(0);
        Stream { last_use, asked }
    }
}

impl Lifetimes for Stream {
    fn precedes(&self, a: usize, b: usize) -> bool {
        self.asked.set(self.asked.get() + 1);
        self.last_use[a] < b
    }

    fn is_kept(&self, buffer: usize) -> bool {
        self.last_use[buffer] == usize::MAX
    }

    fn earliest_from(&self, first: usize) -> Vec<usize> {
        (first..self.last_use.len()).take(1).collect()
    }
}

proptest! {
    #[test]
    fn what_is_over_and_what_is_kept_changes_no_place(
        buffers in prop::collection::vec((0usize..3000, 0usize..60, 0u32..9), 1..200),
    ) {
        let bytes: Vec<usize> = buffers.iter().map(|buffer| buffer.0).collect();
        let last_use = buffers.iter().enumerate().map(|(index, &(_, uses, kept))| match kept {
            0 => usize::MAX,
            _ => index + uses,
        });
        let stream = Stream::new(last_use.collect());
        let order: Vec<usize> = (0..bytes.len()).filter(|&index| bytes[index] > 0).collect();
        let all = Placement::in_any_order(&bytes, &order, &stream).unwrap();
        let few = Placement::in_order(&bytes, &order, &stream).unwrap();
        prop_assert_eq!(all.offsets, few.offsets);
        prop_assert_eq!(all.bytes, few.bytes);
    }
}

/// A chain, and one whose buffers are all kept.
#[test]
fn many_buffers_are_placed_without_looking_at_every_pair() {
    for last_use in [|index| index + 1, |_| usize::MAX] {
        let count = 50_000;
        let stream = Stream::new((0..count).map(last_use).collect());
        let placement = Placement::best(&vec![512; count], &stream).unwrap();
        let most = if stream.is_kept(0) { count } else { 2 };
        assert_eq!(placement.bytes, most * 512);
        let asked = stream.asked.get();
        assert!(asked < 200 * count, "{asked} questions for {count} buffers");
    }
}
