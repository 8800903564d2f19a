//! The launch of the CUDA kernel `warp_affine`.

use crate::kernels::one_each;
use pixelflume_device::Grid;
use pixelflume_kernels::args::WarpAffineArgs;

/// The grid of `warp_affine.cu`: one pixel for each thread.
pub(super) fn grid(args: &WarpAffineArgs) -> Grid {
    one_each(args.dst.width.into(), &args.dst)
}
