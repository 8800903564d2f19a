//! The launch of the CUDA kernel `nv12_to_rgb`.

use crate::kernels::args::UnaryArgs;
use crate::kernels::one_each;
use pixelflume_device::Grid;

/// `nv12_to_rgb` of `pointwise.cu`: one pixel for each thread.
pub(super) fn grid(args: &UnaryArgs) -> Grid {
    one_each(args.dst.width.into(), &args.dst)
}
