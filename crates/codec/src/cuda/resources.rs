//! What a decoder has for all of its passes: memory, kernels, a stream and clocks.

use crate::cuda::pixels::PixelKernels;
use crate::cuda::times::{Milestone, MilestoneTimes};
use pixelflume_device::{DeviceError, Stream};
use pixelflume_memory::MemoryManager;

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

/// How many bytes the last batches needed of something that is kept from batch to batch.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    last: [usize; 8],
    next: usize,
    /// What the batch that is decoded needs.
    now: usize,
}

impl Needs {
    /// Takes note of what a part of the batch needs.
    pub(crate) fn note(&mut self, bytes: usize) {
        self.now = self.now.max(bytes);
    }

    /// Ends a batch, and returns the most bytes to keep: twice what one of the last eight batches needed, and a few more.
    pub(crate) fn end(&mut self) -> usize {
        self.last[self.next] = std::mem::take(&mut self.now);
        self.next = (self.next + 1) % self.last.len();
        let most = self.last.iter().copied().max().unwrap_or(0);
        most.saturating_mul(2).saturating_add(SPARE_BYTES)
    }
}

/// Returns the buffer in `place`, which is replaced by a new one of `bytes` bytes if it is shorter or not there.
pub(crate) fn grown<T, E>(
    place: &mut Option<T>,
    bytes: usize,
    length: fn(&T) -> usize,
    make: impl FnOnce() -> Result<T, E>,
) -> Result<&mut T, E> {
    if place.as_ref().is_none_or(|buffer| length(buffer) < bytes) {
        // The old one first: the two need not be there together.
        *place = None;
        *place = Some(make()?);
    }
    Ok(place.as_mut().expect("it was just made"))
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
}
