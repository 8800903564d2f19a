//! The launch of the CUDA kernel `median_blur`.

use crate::kernels::one_each;
use pixelflume_device::Grid;
use pixelflume_kernels::args::MedianBlurArgs;

/// The grid of `median_blur.cu`: one sample for each thread.
pub(super) fn grid(args: &MedianBlurArgs) -> Grid {
    let samples = u64::from(args.dst.width) * u64::from(args.dst.channels);
    one_each(samples, &args.dst)
}
