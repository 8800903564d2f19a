//! The launch of the CUDA kernel `rgb_to_yuv`.

use crate::kernels;
use pixelflume_device::Grid;
use pixelflume_kernels::args::RgbToYuvArgs;

/// The grid of `yuv.cu`: a block of 2 x 2 pixels for each of 32 x 8 threads.
pub(super) fn grid(args: &RgbToYuvArgs) -> Grid {
    let src = &args.src;
    let blocks = (src.width / 2, src.height / 2);
    kernels::grid(blocks.0.into(), blocks.1, src.batch, (32, 8), [32, 8, 1])
}
