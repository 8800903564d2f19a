//! The launch of the CUDA kernel `lut`.

use crate::kernels::sixteen_samples;
use pixelflume_device::Grid;
use pixelflume_kernels::args::LutArgs;

/// The grid of `lut.cu`: 16 samples of a row for each thread.
pub(crate) fn grid(args: &LutArgs) -> Grid {
    sixteen_samples(&args.dst)
}
