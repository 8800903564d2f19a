//! The launches of the CUDA kernels of `canny.cu`.

use crate::kernels::one_each;
use pixelflume_device::Grid;
use pixelflume_kernels::args::CannyArgs;

/// The grid of each of the kernels: a pixel for each of 32 x 8 threads.
pub(super) fn grid(args: &CannyArgs) -> Grid {
    one_each(args.dst.width.into(), &args.dst)
}
