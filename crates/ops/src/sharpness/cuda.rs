//! The launch of the CUDA kernel `sharpness`.

use crate::kernels::one_each;
use pixelflume_device::Grid;
use pixelflume_kernels::args::SharpnessArgs;

/// The grid of `sharpness.cu`: one sample of some rows for each thread.
pub(super) fn grid(args: &SharpnessArgs) -> Grid {
    let samples = u64::from(args.dst.width) * u64::from(args.dst.channels);
    one_each(samples, &args.dst)
}
