//! The launch of the CUDA kernel `measure`.

use crate::totals;
use pixelflume_device::Grid;
use pixelflume_kernels::args::MeasureArgs;

/// The grid of `measure`: a block of 256 threads for each channel of each image.
pub(super) fn grid(args: &MeasureArgs) -> Grid {
    totals::cuda::channels_grid(args.src.channels, args.src.batch)
}
