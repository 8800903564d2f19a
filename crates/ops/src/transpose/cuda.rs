//! The launches of the CUDA kernels `transpose_1`, `transpose_2` and `transpose_4`.

use crate::kernels::grid as tiles;
use pixelflume_device::Grid;
use pixelflume_kernels::args::TransposeArgs;

/// The grid of `transpose.cu`: a tile of 32 x 32 pixels for each block of 32 x 8 threads.
pub(super) fn grid(args: &TransposeArgs) -> Grid {
    let dst = &args.dst;
    // Tiles do not reach from a plane into the next.
    let rows = (dst.height / args.planes).div_ceil(32) * 32 * args.planes;
    tiles(dst.width.into(), rows, dst.batch, (32, 32), [32, 8, 1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{ImageBatch, ImageShape};
    use bytemuck::Zeroable;
    use pixelflume_device::Address;

    #[test]
    fn each_plane_has_its_tiles() {
        let shape = ImageShape::u8(65, 3 * 33, 1);
        let args = TransposeArgs {
            dst: ImageBatch::tight(shape, 2, Address::NULL).param(),
            planes: 3,
            ..Zeroable::zeroed()
        };
        assert_eq!(grid(&args).blocks, [3, 6, 2]);
    }
}
