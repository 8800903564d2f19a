//! The launches of the CUDA kernels of `sobel.cu`.

use crate::kernels;
use pixelflume_device::Grid;
use pixelflume_kernels::args::SobelArgs;

/// The grid of `sobel.cu`: `TILE_PIXELS` 128 pixels by `TILE_ROWS` 32 rows for 32 x 8 threads.
pub(super) fn grid(args: &SobelArgs) -> Grid {
    let dst = &args.dst;
    kernels::grid(
        u64::from(dst.width),
        dst.height,
        dst.batch,
        (128, 32),
        [32, 8, 1],
    )
}

/// The grid of `sobel_wide`: `WIDE_PIXELS` 32 pixels by `WIDE_ROWS` 32 rows for 32 x 8 threads.
pub(super) fn wide_grid(args: &SobelArgs) -> Grid {
    let dst = &args.dst;
    kernels::grid(
        dst.width.into(),
        dst.height,
        dst.batch,
        (32, 32),
        [32, 8, 1],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{ImageBatch, ImageShape};
    use bytemuck::Zeroable;
    use pixelflume_device::Address;

    fn args(width: u32, height: u32, channels: u32, batch: u32) -> SobelArgs {
        let shape = ImageShape::u8(width, height, channels);
        let image = ImageBatch::tight(shape, batch, Address::NULL).param();
        SobelArgs {
            src: image,
            dst: image,
            ..Zeroable::zeroed()
        }
    }

    #[test]
    fn grids_cover_the_image() {
        assert_eq!(grid(&args(257, 5, 1, 3)).blocks, [3, 1, 3]);
        assert_eq!(wide_grid(&args(257, 33, 1, 3)).blocks, [9, 2, 3]);
    }
}
