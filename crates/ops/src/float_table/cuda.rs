//! The launch of the CUDA kernel `float_table`.

use crate::kernels::one_each;
use pixelflume_device::Grid;
use pixelflume_kernels::args::FloatTableArgs;

/// The grid of `float_table.cu`: one pixel of the source for each thread.
pub(super) fn grid(args: &FloatTableArgs) -> Grid {
    one_each(args.src.width.into(), &args.src)
}
