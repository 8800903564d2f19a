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
