//! The launch of the CUDA kernel `nv12_to_rgb`.

use crate::kernels::one_each;
use pixelflume_device::Grid;
use pixelflume_kernels::args::Nv12Args;

/// The grid of `oracle/nv12_to_rgb.cu`: one pixel for each thread.
pub(super) fn grid(args: &Nv12Args) -> Grid {
    one_each(args.dst.width.into(), &args.dst)
}
