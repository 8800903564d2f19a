//! The launch of the CUDA kernel `warp_affine`.

use crate::kernels::args::WarpArgs;
use crate::kernels::one_each;
use pixelflume_device::Grid;

/// `warp_affine.cu`: one pixel for each thread.
pub(super) fn grid(args: &WarpArgs) -> Grid {
    one_each(args.dst.width.into(), &args.dst)
}
