//! A first-in-first-out allocator of offsets, for the transient part of the arena.

use super::BatchBudget;

/// A place in a [`ByteFifo`].
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) struct Extent {
    /// Distance from the beginning of the buffer.
    pub(super) offset: u64,
    /// Bytes to take, with the bytes that are skipped at the end of the buffer.
    pub(super) needed: u64,
    start: u64,
    end: u64,
}

/// Gives out extents of a buffer in order and takes them back in the same order; an extent never straddles the end of the
/// buffer. Head and tail count bytes since the beginning and never wrap, so that full and empty cannot be confused.
#[derive(Debug)]
pub(super) struct ByteFifo {
    capacity: u64,
    align: u64,
    head: u64,
    tail: u64,
}

impl ByteFifo {
    /// Makes a fifo of `capacity` bytes, in which every extent starts at a multiple of `align`, a divisor of
    /// `capacity`.
    pub(super) fn new(capacity: u64, align: u64) -> Self {
        debug_assert!(align.is_power_of_two() && capacity.is_multiple_of(align));
        ByteFifo {
            capacity,
            align,
            head: 0,
            tail: 0,
        }
    }

    /// Rounds `bytes` up as this fifo does; more than any buffer has where the sum overflows.
    pub(super) fn round(&self, bytes: u64) -> u64 {
        bytes
            .checked_next_multiple_of(self.align)
            .unwrap_or(u64::MAX)
    }

    pub(super) fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Bytes in use, with skipped bytes.
    pub(super) fn used(&self) -> u64 {
        self.head - self.tail
    }

    /// Bytes given back since the beginning.
    pub(super) fn freed(&self) -> u64 {
        self.tail
    }

    /// The present position: all extents before it have been given out. Hand it to [`ByteFifo::free_to`]
    /// later to give it back.
    pub(super) fn mark(&self) -> u64 {
        self.head
    }

    /// The place for `bytes`, at most the capacity. It does not need to be free: see [`ByteFifo::fits`].
    pub(super) fn place(&self, bytes: u64) -> Extent {
        // A fifo may be empty altogether; then only extents of no bytes are placed.
        let capacity = self.capacity.max(1);
        let (len, at) = (self.round(bytes), self.head % capacity);
        let skip = if at + len > self.capacity {
            self.capacity - at
        } else {
            0
        };
        let start = self.head + skip;
        Extent {
            offset: start % capacity,
            // An empty fifo starts afresh after the skip, so that it can serve a request as large as itself.
            needed: if self.used() == 0 { len } else { skip + len },
            start,
            end: start + len,
        }
    }

    /// Whether the extent is free.
    pub(super) fn fits(&self, extent: &Extent) -> bool {
        self.used() + extent.needed <= self.capacity
    }

    /// Whether the extent is free and leaves room for the reserved bytes, whatever order they are taken in and whatever
    /// is freed when.
    ///
    /// Besides the reserved bytes that takes as many more as the largest reserved extent has. The free part of the buffer has
    /// the buffer's end in it at most once, so that at most one of the extents to come skips some bytes, fewer than it has
    /// itself. It uses these up; and before another one can skip, the end must be free again, and with it what was skipped.
    pub(super) fn fits_beside(&self, extent: &Extent, reserved: &BatchBudget) -> bool {
        if reserved.transient_bytes == 0 || extent.needed == 0 {
            return self.fits(extent);
        }
        let reserve = reserved.transient_bytes + reserved.largest_transient;
        self.used() + extent.needed + reserve <= self.capacity
    }

    /// Gives out an extent that was placed since the last change.
    pub(super) fn take(&mut self, extent: &Extent) {
        if self.used() == 0 {
            self.tail = extent.start;
        }
        self.head = extent.end;
    }

    /// Takes back everything that was given out before `mark`. An older mark than the last changes nothing.
    pub(super) fn free_to(&mut self, mark: u64) {
        debug_assert!(mark <= self.head);
        self.tail = self.tail.max(mark);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::VecDeque;

    fn take(fifo: &mut ByteFifo, bytes: u64) -> Option<u64> {
        let extent = fifo.place(bytes);
        let fits = fifo.fits(&extent);
        if fits {
            fifo.take(&extent);
        }
        fits.then_some(extent.offset)
    }

    #[test]
    fn an_exact_fit_is_full_and_not_empty() {
        let mut fifo = ByteFifo::new(64, 8);
        assert_eq!(take(&mut fifo, 64), Some(0));
        assert_eq!((fifo.used(), take(&mut fifo, 1)), (64, None));
        fifo.free_to(fifo.mark());
        assert_eq!((fifo.used(), take(&mut fifo, 1)), (0, Some(0)));
    }

    #[test]
    fn an_empty_fifo_serves_a_request_of_its_own_size_from_anywhere() {
        let mut fifo = ByteFifo::new(64, 8);
        take(&mut fifo, 40).unwrap();
        let nothing = fifo.mark();
        fifo.free_to(nothing);
        assert_eq!(take(&mut fifo, 64), Some(0));
        fifo.free_to(nothing);
        assert_eq!(fifo.used(), 64, "an old mark frees nothing of the new");
    }

    proptest! {
        #[test]
        fn extents_in_use_never_overlap(
            requests in prop::collection::vec((0u64..80, any::<bool>()), 1..200),
        ) {
            let mut fifo = ByteFifo::new(64, 8);
            let mut live = VecDeque::new();
            for (bytes, free) in requests {
                if free && let Some((mark, _, _)) = live.pop_front() {
                    fifo.free_to(mark);
                }
                if bytes > 64 {
                    continue;
                }
                let all: u64 = live.iter().map(|&(_, _, len): &(u64, u64, u64)| len).sum();
                if let Some(offset) = take(&mut fifo, bytes) {
                    let len = fifo.round(bytes);
                    prop_assert!(offset % 8 == 0 && (len == 0 || offset + len <= 64));
                    for &(_, other, other_len) in &live {
                        let apart = offset + len <= other || other + other_len <= offset;
                        prop_assert!(apart || len == 0 || other_len == 0);
                    }
                    live.push_back((fifo.mark(), offset, len));
                } else {
                    prop_assert!(all > 0, "an empty fifo refuses nothing that it can hold");
                }
            }
        }

        /// Whatever others take and give back, a reserved extent always fits.
        #[test]
        fn what_is_reserved_fits(
            steps in prop::collection::vec((0u64..4, 1u64..6), 1..300),
        ) {
            let mut fifo = ByteFifo::new(256, 8);
            let mut marks = VecDeque::new();
            let mut reserved = BatchBudget::default();
            for (what, len) in steps {
                let len = 8 * len;
                match what {
                    0 => if let Some(mark) = marks.pop_front() {
                        fifo.free_to(mark);
                    },
                    1 => {
                        let largest = reserved.largest_transient.max(len);
                        if fifo.used() + reserved.transient_bytes + len + largest <= 256 {
                            reserved.transient_bytes += len;
                            reserved.largest_transient = largest;
                        }
                    }
                    2 => {
                        let len = len.min(reserved.transient_bytes).min(reserved.largest_transient);
                        let extent = fifo.place(len);
                        prop_assert!(fifo.fits(&extent));
                        fifo.take(&extent);
                        reserved.transient_bytes -= len;
                        if reserved.transient_bytes == 0 {
                            reserved.largest_transient = 0;
                        }
                        marks.push_back(fifo.mark());
                    }
                    _ => {
                        let extent = fifo.place(len);
                        if fifo.fits_beside(&extent, &reserved) {
                            fifo.take(&extent);
                            marks.push_back(fifo.mark());
                        }
                    }
                }
            }
        }
    }
}
