//! The scratch memory of a strip of the executor with fixed-point weights.

use super::horizontal;
use super::quads::{LANES, Quad};
use crate::host::scratch;
use bytemuck::cast_slice_mut;

/// The parts of the memory of a strip. Bytes are counted in samples, quads in quads.
pub(super) struct Sizes {
    /// Source rows with premultiplied colors.
    pub(super) loaded: usize,
    /// Rows that the vertical pass made for the horizontal pass.
    pub(super) lines: usize,
    /// Rows that the horizontal pass made.
    pub(super) rows: usize,
    /// Columns of these rows.
    pub(super) columns: usize,
    /// The window of the horizontal pass.
    pub(super) across: usize,
    /// The window of the vertical pass.
    pub(super) down: usize,
}

/// The memory of a strip, see [`Sizes`].
pub(super) struct Memory<'m> {
    pub(super) loaded: &'m mut [u8],
    pub(super) lines: &'m mut [u8],
    pub(super) rows: &'m mut [u8],
    pub(super) across: horizontal::Memory<'m>,
    pub(super) down: &'m mut [Quad],
}

impl Sizes {
    /// Calls `f` with the memory.
    pub(super) fn with(&self, f: impl FnOnce(Memory<'_>)) {
        let quads = self.across + self.down;
        // The quads come first, since scratch memory begins at a cache line as they do.
        let quad_bytes = quads * size_of::<Quad>();
        let bytes = quad_bytes + self.loaded + self.lines + self.rows + self.columns * LANES;
        scratch::with(bytes, 0, |bytes, _| {
            let (quads, bytes) = bytes.split_at_mut(quad_bytes);
            let quads: &mut [Quad] = cast_slice_mut(quads);
            let (across, down) = quads.split_at_mut(self.across);
            let (loaded, bytes) = bytes.split_at_mut(self.loaded);
            let (lines, bytes) = bytes.split_at_mut(self.lines);
            let (rows, columns) = bytes.split_at_mut(self.rows);
            f(Memory {
                loaded,
                lines,
                rows,
                across: horizontal::Memory {
                    window: across,
                    columns: columns.as_chunks_mut().0,
                },
                down,
            });
        });
    }
}
