//! The shared memory of a block of `resample_mixed.cu`, which bounds the windows of an image.

use crate::contract::stage::WindowWeights;
use pixelflume_kernels::args::ResampleMixedAxis;

/// Bytes of dynamic shared memory of a block. Together with what the kernel declares they are less than the 48 KiB that every GPU gives
/// without being asked for more.
pub(super) const SHARED_BYTES: u32 = 46 * 1024;
/// Source rows of a step, `ROWS` of the kernel.
const ROWS: u64 = 16;
/// Rows of the output that a block makes, `STRIP` of the kernel.
pub(super) const STRIP: u32 = 32;
/// The binary logarithms of the columns of a tile, the largest first.
const TILES: [u32; 3] = [5, 4, 3];

/// The division of a block's shared memory for one image.
#[derive(Copy, Clone, Debug)]
pub(super) struct TileMemory {
    /// The binary logarithm of the columns of a tile.
    pub(super) tile: u32,
    /// Source positions of a column, at most.
    pub(super) column_taps: u32,
    /// Source positions of a row, at most.
    pub(super) line_taps: u32,
    /// Words from a source row in the tile to the next.
    pub(super) stage_pitch: u32,
}

impl TileMemory {
    /// The division with the largest tile that fits, for weights of this kind and so many channels.
    ///
    /// # Errors
    /// The reason why no tile fits.
    pub(super) fn new(
        columns: &ResampleMixedAxis,
        lines: &ResampleMixedAxis,
        weights: WindowWeights,
        channels: u32,
    ) -> Result<Self, String> {
        let (column_taps, line_taps) = (span(columns, 1), span(lines, 1));
        let fits = TILES.into_iter().find_map(|tile| {
            // A row begins at a multiple of four pixels, and has whole fours.
            let stage_pitch = (span(columns, 1 << tile) + 3).next_multiple_of(4);
            let division = TileMemory {
                tile,
                column_taps: u32::try_from(column_taps).ok()?,
                line_taps: u32::try_from(line_taps).ok()?,
                stage_pitch: u32::try_from(stage_pitch).ok()?,
            };
            (division.bytes(weights, channels) <= SHARED_BYTES.into()).then_some(division)
        });
        fits.ok_or_else(|| {
            format!(
                "a pixel of its output is made from {column_taps} columns and {line_taps} rows, more than the kernel of mixed batches takes"
            )
        })
    }

    /// Bytes of all parts.
    pub(super) fn bytes(&self, weights: WindowWeights, channels: u32) -> u64 {
        let [column_taps, line_taps, stage_pitch, channels] =
            [self.column_taps, self.line_taps, self.stage_pitch, channels].map(u64::from);
        let numbers = (column_taps << self.tile) + u64::from(STRIP) * line_taps;
        // Words for the weights of a column, of a staged row, of a pixel between the passes, and of a number of a window.
        let (of_column, row, pixel, number) = match digits(weights) {
            Some(digits) => {
                let words = (column_taps + 6) / 4;
                (words * u64::from(digits), channels * stage_pitch / 4, 1, 2)
            }
            None => (column_taps, stage_pitch, channels, 1),
        };
        let weights = (of_column << self.tile) + u64::from(STRIP) * line_taps;
        let ring = ((line_taps + ROWS) << self.tile) * pixel;
        4 * (weights + (ROWS * row + ring).max(number * numbers))
    }
}

/// The digits of base 256 that fixed-point weights need: two for those in 16 bits. `None` for weights in single precision.
pub(super) fn digits(weights: WindowWeights) -> Option<u32> {
    match weights {
        WindowWeights::Fixed { bits: None, .. } => Some(2),
        WindowWeights::Fixed { bits: Some(_), .. } => Some(3),
        WindowWeights::Single(_) => None,
    }
}

/// The most source positions that `count` neighboring positions of the resized axis are made from. Between the centers of the first and
/// the last one lie `count - 1` steps; the windows reach over them by the support and by less than one position, of which the second one
/// covers what is rounded on the way.
fn span(axis: &ResampleMixedAxis, count: u32) -> u64 {
    if axis.copies != 0 {
        return u64::from(count.min(axis.length));
    }
    let positions = f64::from(count - 1) * axis.scale + 2.0 * axis.support;
    (positions as u64 + 2).min(axis.length.into())
}
