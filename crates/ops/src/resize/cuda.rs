//! The launches of the CUDA kernels of resizing.

use crate::kernels::one_each;
use pixelflume_device::Grid;
use pixelflume_kernels::args::ResizeArgs;

/// The grid of `oracle/resize.cu`, all entry points: one pixel of the output for each of 32 x 8 threads.
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
