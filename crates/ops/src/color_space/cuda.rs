//! The launch of the CUDA kernel `color_space`.

use crate::kernels;
use pixelflume_device::Grid;
use pixelflume_kernels::args::ColorSpaceArgs;

/// The grid of `color_space.cu`: `PIXELS_PER_THREAD` 4 pixels of one row for each of 64 x 4 threads.
pub(super) fn grid(args: &ColorSpaceArgs) -> Grid {
    let dst = &args.dst;
    kernels::grid(
        u64::from(dst.width),
        dst.height,
        dst.batch,
        (64 * 4, 4),
        [64, 4, 1],
    )
}
