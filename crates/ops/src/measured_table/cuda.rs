//! The memory and the launches of the CUDA kernels of `histogram.cu`.

use crate::image::ImageShape;
use crate::kernels::MAX_BLOCKS_YZ;
use pixelflume_device::Grid;
use pixelflume_kernels::args::{HistogramArgs, MeasuredTablesArgs};

/// The pixels that are worth a part, and a block, of their own.
const PIXELS_PER_PART: u64 = 32 * 1024;
/// The most parts of an image.
const MOST_PARTS: u64 = 64;

/// The parts of the workspace of a batch.
pub(super) struct Workspace {
    /// Parts of each image, with a histogram of each channel each.
    pub(super) parts: u32,
    /// The offset of the tables.
    pub(super) tables: u64,
    /// Bytes from the tables of an image to those of the next.
    pub(super) table_stride: u64,
    /// Bytes of all together.
    pub(super) bytes: usize,
}

impl Workspace {
    pub(super) fn of(shape: ImageShape, batch: u32) -> Self {
        let pixels = u64::from(shape.width) * u64::from(shape.height);
        let parts = pixels.div_ceil(PIXELS_PER_PART).clamp(1, MOST_PARTS);
        let (channels, batch) = (u64::from(shape.channels), u64::from(batch));
        let tables = batch * parts * channels * 1024;
        let table_stride = channels * 256;
        Workspace {
            parts: parts as u32,
            tables,
            table_stride,
            bytes: (tables + batch * table_stride) as usize,
        }
    }
}

/// The grid of `histogram`: a block of 256 threads for each part of each image.
pub(super) fn histogram_grid(args: &HistogramArgs) -> Grid {
    Grid {
        blocks: [args.parts, 1, args.src.batch.clamp(1, MAX_BLOCKS_YZ)],
        threads: [256, 1, 1],
        shared_bytes: 0,
    }
}

/// The grid of `measured_tables`: a block of 256 threads for each channel of each image.
pub(super) fn tables_grid(args: &MeasuredTablesArgs) -> Grid {
    Grid {
        blocks: [args.channels, 1, args.batch.clamp(1, MAX_BLOCKS_YZ)],
        threads: [256, 1, 1],
        shared_bytes: 0,
    }
}
