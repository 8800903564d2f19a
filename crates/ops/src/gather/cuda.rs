//! The launch of the CUDA kernel `gather`.

use crate::kernels::one_each;
use pixelflume_device::Grid;
use pixelflume_kernels::args::GatherArgs;

/// The grid of `oracle/gather.cu`: one pixel for each thread.
pub(super) fn grid(args: &GatherArgs) -> Grid {
    one_each(args.dst.width.into(), &args.dst)
}
