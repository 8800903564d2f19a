//! The launch of the CUDA kernel `laplacian`.

use crate::kernels::args::UnaryArgs;
use crate::kernels::one_each;
use pixelflume_device::Grid;

/// `laplacian` of `neighbours.cu`: one sample for each thread.
pub(super) fn grid(args: &UnaryArgs) -> Grid {
    let samples = u64::from(args.dst.width) * u64::from(args.dst.channels);
    one_each(samples, &args.dst)
}
