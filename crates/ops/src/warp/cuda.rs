//! The launches of the CUDA kernels of `warp.cu`.

use crate::kernels::one_each;
use pixelflume_device::Grid;
use pixelflume_kernels::args::WarpArgs;

/// The grid of `warp.cu`: one pixel for each thread.
pub(super) fn grid(args: &WarpArgs) -> Grid {
    one_each(args.dst.width.into(), &args.dst)
}
