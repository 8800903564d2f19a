//! The launch of the CUDA kernel `yuv_to_rgb`.

use crate::kernels;
use pixelflume_device::Grid;
use pixelflume_kernels::args::YuvToRgbArgs;

/// The grid of `yuv.cu`: `PIXELS` 4 pixels of one row for each of 64 x 4 threads.
pub(super) fn grid(args: &YuvToRgbArgs) -> Grid {
    let dst = &args.dst;
    kernels::grid(
        dst.width.into(),
        dst.height,
        dst.batch,
        (64 * 4, 4),
        [64, 4, 1],
    )
}
