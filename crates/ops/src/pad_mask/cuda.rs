//! The launch of the CUDA kernel `pad_mask`.

use crate::kernels::one_each;
use pixelflume_device::Grid;
use pixelflume_kernels::args::PadMaskArgs;

/// The grid of `pad_mask.cu`: one pixel for each thread.
pub(super) fn grid(args: &PadMaskArgs) -> Grid {
    one_each(args.dst.width.into(), &args.dst)
}
