//! The launch of the CUDA kernel `laplacian`.

use crate::kernels::one_each;
use pixelflume_device::Grid;
use pixelflume_kernels::args::LaplacianArgs;

/// The grid of `laplacian.cu`: one sample for each thread.
pub(super) fn grid(args: &LaplacianArgs) -> Grid {
    let samples = u64::from(args.dst.width) * u64::from(args.dst.channels);
    one_each(samples, &args.dst)
}
