//! The launches of the CUDA kernels of `pixel_steps.cu`.

use crate::image::ImageShape;
use crate::kernels::{MAX_BLOCKS_YZ, one_each};
use pixelflume_device::Grid;
use pixelflume_kernels::args::PixelStepsArgs;

/// The pixels that are worth a part, and a block, of their own.
const PIXELS_PER_PART: u64 = 16 * 1024;
/// The most parts of an image. One thread of each block adds their sums.
const MOST_PARTS: u64 = 64;

/// The number of parts of an image that are summed by a block each.
pub(super) fn parts(shape: ImageShape) -> u32 {
    let pixels = u64::from(shape.width) * u64::from(shape.height);
    pixels.div_ceil(PIXELS_PER_PART).clamp(1, MOST_PARTS) as u32
}

/// The grid of `pixel_steps_sums`: a block of 256 threads for each part of each image.
pub(super) fn sums_grid(args: &PixelStepsArgs) -> Grid {
    Grid {
        blocks: [args.parts, 1, args.src.batch.clamp(1, MAX_BLOCKS_YZ)],
        threads: [256, 1, 1],
        shared_bytes: 0,
    }
}

/// The grid of `pixel_steps`: one pixel of some rows for each thread.
pub(super) fn grid(args: &PixelStepsArgs) -> Grid {
    one_each(args.dst.width.into(), &args.dst)
}
