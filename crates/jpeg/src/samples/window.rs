//! The rows of samples of one component that are held at a time.

use super::geometry::{ComponentShape, Region};
use super::idct::{Block, Quantizer, transform_row};
use crate::memory::resize;
use fearless_simd::Level;
use std::ops::Range;

/// Bytes before the first sample of a row: room for its left neighbor.
const LEFT: usize = 64;
/// Bytes behind the last block of a row, so that loops over whole vectors need no scalar tail.
const RIGHT: usize = 128;

/// One MCU row of samples, and the row above it.
#[derive(Debug, Default)]
pub(super) struct Window {
    data: Vec<u8>,
    pitch: usize,
    shape: ComponentShape,
    /// The columns of blocks that are held.
    blocks: Range<u32>,
    /// The MCU row that is held.
    mcu_row: u32,
}

impl Window {
    /// The bytes of a window.
    pub(super) fn bytes(shape: &ComponentShape, region: &Region) -> u64 {
        let columns = blocks(shape, region).len() as u64 * 8;
        (columns + (LEFT + RIGHT) as u64) * rows(shape) as u64
    }

    /// Holds the columns that `region` needs; none if the component is not needed.
    pub(super) fn start(&mut self, shape: &ComponentShape, region: Option<&Region>) {
        self.shape = *shape;
        self.blocks = region.map_or(0..0, |region| blocks(shape, region));
        self.pitch = self.blocks.len() * 8 + LEFT + RIGHT;
        let rows = region.map_or(0, |_| rows(shape));
        resize(&mut self.data, rows * self.pitch, 0);
    }

    /// The bytes of the rows.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.data.len()
    }

    pub(super) fn shape(&self) -> &ComponentShape {
        &self.shape
    }

    /// The columns of blocks that are held.
    pub(super) fn blocks(&self) -> Range<usize> {
        self.blocks.start as usize..self.blocks.end as usize
    }

    /// Transforms the blocks of a block row of the MCU row: as many as [`Window::blocks`] has columns.
    pub(super) fn transform(
        &mut self,
        level: Level,
        block_row: usize,
        blocks: &[Block],
        extents: &[u8],
        quantizer: &Quantizer,
    ) {
        let blocks = &blocks[..self.blocks.len()];
        let out = &mut self.data[(1 + 8 * block_row) * self.pitch + LEFT..];
        transform_row(level, blocks, extents, quantizer, out, self.pitch);
    }

    /// Completes MCU row `mcu_row` after its blocks: repeats the outermost samples of the image.
    pub(super) fn complete(&mut self, mcu_row: u32) {
        self.mcu_row = mcu_row;
        let left = self.blocks.start == 0;
        let beyond = self.shape.samples.0 - self.blocks.start * 8;
        let right = (self.blocks.end * 8 >= self.shape.samples.0).then_some(beyond as usize);
        for row in self.data.chunks_exact_mut(self.pitch).skip(1) {
            if left {
                row[LEFT - 1] = row[LEFT];
            }
            if let Some(right) = right {
                row[LEFT + right] = row[LEFT + right - 1];
            }
        }
    }

    /// Keeps the last row of the MCU row as the row above the next one.
    pub(super) fn advance(&mut self) {
        if let Some(last) = self.data.len().checked_sub(self.pitch) {
            self.data.copy_within(last.., 0);
        }
    }

    /// The rows of the component up to the end of this MCU row.
    pub(super) fn end(&self) -> u32 {
        ((self.mcu_row + 1) * self.rows_of_mcu()).min(self.shape.samples.1)
    }

    /// Row `y` of the component, from column `x` on; column -1 is the neighbor of column 0. The row is in the MCU row, or the last
    /// one above it. It goes on with bytes of no meaning behind the last sample.
    pub(super) fn row(&self, y: u32, x: i64) -> &[u8] {
        let slot = (y + 1 - self.mcu_row * self.rows_of_mcu()) as usize;
        let start = (x + LEFT as i64 - i64::from(self.blocks.start) * 8) as usize;
        &self.data[slot * self.pitch..][..self.pitch][start..]
    }

    fn rows_of_mcu(&self) -> u32 {
        8 * u32::from(self.shape.block_rows)
    }
}

/// The rows that a window holds.
fn rows(shape: &ComponentShape) -> usize {
    1 + 8 * usize::from(shape.block_rows)
}

/// The columns of blocks that a region needs.
fn blocks(shape: &ComponentShape, region: &Region) -> Range<u32> {
    let columns = shape.columns(&region.x);
    columns.start / 8..columns.end.div_ceil(8)
}
