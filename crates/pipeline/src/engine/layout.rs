//! The layout of a batch's results in page-locked memory.

use pixelflume_ops::ImageShape;
use pixelflume_scheduler::rings;

/// The places of all outputs of a batch in its piece of the arena.
pub(super) struct ResultLayout {
    /// The offset of each output in bytes, with room for the largest batch.
    pub(super) offsets: Vec<usize>,
    /// Bytes of the results of the largest batch.
    pub(super) bytes: usize,
}

impl ResultLayout {
    pub(super) fn new(outputs: &[ImageShape], max_batch: u32) -> Self {
        let mut offsets = Vec::with_capacity(outputs.len());
        let mut bytes = 0_usize;
        for shape in outputs {
            offsets.push(bytes);
            let output = shape.bytes().saturating_mul(max_batch as usize);
            let end = bytes.saturating_add(output);
            bytes = end
                .checked_next_multiple_of(rings::OUTPUT_ALIGN as usize)
                .unwrap_or(usize::MAX);
        }
        ResultLayout { offsets, bytes }
    }
}
