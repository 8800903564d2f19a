//! The launch of the CUDA kernels `gather_1`, `gather_2` and `gather_4`.

use crate::kernels::one_each;
use pixelflume_device::Grid;
use pixelflume_kernels::args::GatherArgs;

/// The grid of `gather.cu`: one sample for each thread.
pub(super) fn grid(args: &GatherArgs) -> Grid {
    let samples = u64::from(args.dst.width) * u64::from(args.dst.channels);
    one_each(samples, &args.dst)
}
