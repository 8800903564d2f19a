//! The launch of the CUDA kernel `normalize`.

use crate::kernels::one_each;
use pixelflume_device::Grid;
use pixelflume_kernels::args::NormalizeArgs;

/// The grid of `oracle/normalize.cu`: one pixel of the source for each thread.
pub(super) fn grid(args: &NormalizeArgs) -> Grid {
    one_each(args.src.width.into(), &args.src)
}
