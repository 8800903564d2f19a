//! The launch of the CUDA kernel `color`.

use crate::kernels;
use pixelflume_device::Grid;
use pixelflume_kernels::args::ColorArgs;

/// The grid of `oracle/color.cu`: `PIXELS_PER_THREAD` 4 pixels of one row for each of 64 x 4 threads.
pub(super) fn grid(args: &ColorArgs) -> Grid {
    let dst = &args.dst;
    kernels::grid(
        u64::from(dst.width),
        dst.height,
        dst.batch,
        (64 * 4, 4),
        [64, 4, 1],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{ImageBatch, ImageShape};
    use bytemuck::Zeroable;
    use pixelflume_device::Address;

    fn args(width: u32, height: u32, channels: u32, batch: u32) -> ColorArgs {
        let shape = ImageShape::u8(width, height, channels);
        let image = ImageBatch::tight(shape, batch, Address::NULL).param();
        ColorArgs {
            src: image,
            dst: image,
            ..Zeroable::zeroed()
        }
    }

    #[test]
    fn grids_cover_the_image() {
        assert_eq!(grid(&args(257, 5, 1, 3)).blocks, [2, 2, 3]);
    }
}
