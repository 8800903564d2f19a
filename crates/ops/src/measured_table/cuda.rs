//! The memory and the launch of the CUDA kernel `measured_tables`.

use crate::image::ImageShape;
use crate::totals;
use pixelflume_device::Grid;
use pixelflume_kernels::args::MeasuredTablesArgs;

/// The parts of the workspace of a batch: the histograms, and the tables behind them.
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
        let tables = totals::cuda::bytes(shape, batch);
        let table_stride = u64::from(shape.channels) * 256;
        Workspace {
            parts: totals::cuda::parts(shape),
            tables,
            table_stride,
            bytes: (tables + u64::from(batch) * table_stride) as usize,
        }
    }
}

/// The grid of `measured_tables`: a block of 256 threads for each channel of each image.
pub(super) fn tables_grid(args: &MeasuredTablesArgs) -> Grid {
    totals::cuda::channels_grid(args.channels, args.batch)
}
