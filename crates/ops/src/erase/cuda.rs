//! The launch of the CUDA kernels `erase_1`, `erase_2` and `erase_4`.

use crate::kernels::one_each;
use pixelflume_device::Grid;
use pixelflume_kernels::args::EraseArgs;

/// The grid of `erase.cu`: one sample for each thread.
pub(super) fn grid(args: &EraseArgs) -> Grid {
    let samples = u64::from(args.dst.width) * u64::from(args.dst.channels);
    one_each(samples, &args.dst)
}
