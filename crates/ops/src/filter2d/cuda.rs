//! The launch of the CUDA kernel `filter2d`.

use crate::kernels::one_each;
use pixelflume_device::Grid;
use pixelflume_kernels::args::Filter2dArgs;

/// The grid of `filter2d.cu`: one sample for each thread.
pub(super) fn grid(args: &Filter2dArgs) -> Grid {
    let samples = u64::from(args.dst.width) * u64::from(args.dst.channels);
    one_each(samples, &args.dst)
}
