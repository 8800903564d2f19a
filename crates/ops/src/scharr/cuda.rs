//! The launch of the CUDA kernel `scharr`.

use crate::kernels::one_each;
use pixelflume_device::Grid;
use pixelflume_kernels::args::ScharrArgs;

/// The grid of `scharr.cu`: one sample for each thread.
pub(super) fn grid(args: &ScharrArgs) -> Grid {
    let samples = u64::from(args.dst.width) * u64::from(args.dst.channels);
    one_each(samples, &args.dst)
}
