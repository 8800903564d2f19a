//! The launch of the CUDA kernel `threshold`.

use crate::kernels::sixteen_samples;
use pixelflume_device::Grid;
use pixelflume_kernels::args::ThresholdArgs;

/// The grid of `threshold.cu`: 16 samples of a row for each thread.
pub(super) fn grid(args: &ThresholdArgs) -> Grid {
    sixteen_samples(&args.dst)
}
