//! The launch of the CUDA kernel `threshold`.

use crate::kernels::args::UnaryArgs;
use crate::kernels::sixteen_samples;
use pixelflume_device::Grid;

/// `threshold` of `pointwise.cu`: 16 samples of a row for each thread.
pub(super) fn grid(args: &UnaryArgs) -> Grid {
    sixteen_samples(&args.dst)
}
