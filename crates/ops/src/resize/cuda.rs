//! The launches of the CUDA kernels of resizing.

use crate::contract::stage::ResizeTables;
use crate::kernels::one_each;
use pixelflume_device::{Grid, KernelModule};
use pixelflume_kernels::args::ResizeArgs;

/// The module and the entry point for these tables. Resizes that a fused chain can have run by oracle kernels here.
pub(super) fn kernel(tables: &ResizeTables) -> (&'static KernelModule, &'static str) {
    let oracle = &pixelflume_kernels::oracle::RESIZE.kernels;
    let product = &pixelflume_kernels::RESIZE_TAPS.kernels;
    match tables {
        ResizeTables::Bilinear(_) => (oracle, "resize_bilinear"),
        ResizeTables::Half => (oracle, "resize_half"),
        ResizeTables::Nearest(_) => (oracle, "resize_nearest"),
        ResizeTables::Fixed { columns, lines, .. } => match (columns.taps, lines.taps) {
            (2, 2) => (product, "resize_fixed_2"),
            (4, 4) => (product, "resize_fixed_4"),
            (8, 8) => (product, "resize_fixed_8"),
            _ => (product, "resize_fixed"),
        },
        ResizeTables::Float { .. } => (product, "resize_float"),
        ResizeTables::Blocks { .. } => (product, "resize_blocks"),
    }
}

/// The grid of `oracle/resize.cu` and `resize_taps.cu`, all entry points: one pixel of the output for each of 32 x 8 threads.
pub(super) fn grid(args: &ResizeArgs) -> Grid {
    one_each(args.dst.width.into(), &args.dst)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{ImageBatch, ImageShape};
    use bytemuck::Zeroable;
    use pixelflume_device::Address;

    fn args(width: u32, height: u32, channels: u32, batch: u32) -> ResizeArgs {
        let shape = ImageShape::u8(width, height, channels);
        let image = ImageBatch::tight(shape, batch, Address::NULL).param();
        ResizeArgs {
            src: image,
            dst: image,
            ..Zeroable::zeroed()
        }
    }

    #[test]
    fn grids_cover_the_image() {
        assert_eq!(grid(&args(257, 5, 1, 3)).blocks, [9, 1, 3]);
    }

    #[test]
    fn grids_stay_within_the_limits_of_cuda() {
        let tall = args(1, u32::MAX, 1, 100_000);
        assert_eq!(grid(&tall).blocks, [1, 65_535, 65_535]);
    }
}
