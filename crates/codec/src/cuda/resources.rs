//! What a decoder has for all of its passes: memory, kernels, a stream and clocks.

use crate::cuda::pixels::PixelKernels;
use crate::cuda::times::{Milestone, MilestoneTimes};
use pixelflume_device::{DeviceError, Stream};
use pixelflume_memory::{DeviceBuffer, MemoryManager, PinnedBuffer};

/// The memory, the kernels and the stream of a decoder.
#[derive(Clone, Copy)]
pub(crate) struct Resources<'a> {
    pub(crate) memory: &'a MemoryManager,
    pub(crate) kernels: &'a PixelKernels,
    pub(crate) stream: &'a Stream,
    /// The times of the last pass, where they were asked for.
    pub(crate) times: Option<&'a MilestoneTimes>,
}

impl Resources<'_> {
    /// Records that the stream has come to a milestone, where times were asked for.
    pub(crate) fn record(&self, milestone: Milestone) -> Result<(), DeviceError> {
        self.times
            .map_or(Ok(()), |times| times.record(milestone, self.stream))
    }
}

/// Bytes that are kept although nothing needed them of late.
const SPARE_BYTES: usize = 8 << 20;

/// The most of something in each of the last eight batches.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    last: [usize; 8],
    next: usize,
    /// The most in the present batch.
    now: usize,
}

impl Recent {
    /// Takes note of an amount in the present batch.
    pub(crate) fn note(&mut self, amount: usize) {
        self.now = self.now.max(amount);
    }

    /// Ends a batch, and returns the most in the last eight.
    pub(crate) fn end(&mut self) -> usize {
        self.last[self.next] = std::mem::take(&mut self.now);
        self.next = (self.next + 1) % self.last.len();
        self.last.iter().copied().max().unwrap_or(0)
    }
}

/// How many bytes the last batches needed of something that is kept from batch to batch.
#[derive(Debug, Default)]
pub(crate) struct Needs(Recent);

impl Needs {
    /// Takes note of what a part of the batch needs.
    pub(crate) fn note(&mut self, bytes: usize) {
        self.0.note(bytes);
    }

    /// Ends a batch, and returns the most bytes to keep: twice what one of the last eight batches needed, and a few more.
    pub(crate) fn end(&mut self) -> usize {
        let most = self.0.end();
        most.saturating_mul(2).saturating_add(SPARE_BYTES)
    }
}

/// Memory that a [`Kept`] keeps.
pub(crate) trait Buffer {
    /// Bytes of the memory.
    fn bytes(&self) -> usize;
}

impl Buffer for PinnedBuffer {
    fn bytes(&self) -> usize {
        self.len()
    }
}

impl Buffer for DeviceBuffer {
    fn bytes(&self) -> usize {
        self.len()
    }
}

/// A buffer that is kept from batch to batch: it grows to what a batch needs, and is freed when the last batches needed much less.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    buffer: Option<T>,
    needs: Needs,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Kept {
            buffer: None,
            needs: Needs::default(),
        }
    }
}

impl<T: Buffer> Kept<T> {
    /// The buffer, with `bytes` bytes at least: a new one by `make`, which gets as many, where it is shorter or not there.
    pub(crate) fn grown<E>(
        &mut self,
        bytes: usize,
        make: impl FnOnce(usize) -> Result<T, E>,
    ) -> Result<&mut T, E> {
        self.needs.note(bytes);
        let is_short = |buffer: &T| buffer.bytes() < bytes;
        if self.buffer.as_ref().is_none_or(is_short) {
            // The old one first: the two need not be there together.
            self.buffer = None;
            self.buffer = Some(make(bytes)?);
        }
        Ok(self.buffer.as_mut().expect("it was just made"))
    }

    /// The buffer as it is.
    pub(crate) fn get(&self) -> Option<&T> {
        self.buffer.as_ref()
    }

    /// Ends a batch.
    pub(crate) fn end(&mut self) {
        let most = self.needs.end();
        self.buffer.take_if(|buffer| buffer.bytes() > most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_large_batch_needed_is_kept_for_seven_more_batches() {
        let mut needs = Needs::default();
        needs.note(100 << 20);
        needs.note(1);
        assert_eq!(needs.end(), 208 << 20);
        for _ in 0..7 {
            needs.note(1 << 20);
            assert_eq!(needs.end(), 208 << 20);
        }
        assert_eq!(needs.end(), 10 << 20);
        for _ in 0..8 {
            needs.end();
        }
        assert_eq!(needs.end(), 8 << 20);
    }

    struct Bytes(usize);

    impl Buffer for Bytes {
        fn bytes(&self) -> usize {
            self.0
        }
    }

    #[test]
    fn a_buffer_is_made_anew_when_it_is_short_or_was_too_long_for_long() {
        let mut made = Vec::new();
        let mut kept = Kept::default();
        let needs = [1, 100 << 20, 3, 60 << 20, 90 << 20].into_iter();
        for bytes in needs.chain([1; 20]).chain([5; 20]) {
            let make = |bytes| {
                made.push(bytes);
                Ok::<_, ()>(Bytes(bytes))
            };
            kept.grown(bytes, make).unwrap();
            kept.end();
        }
        assert_eq!(made, [1, 100 << 20, 1, 5]);
    }
}
