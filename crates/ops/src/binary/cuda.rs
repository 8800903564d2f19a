//! The launches of the CUDA kernels of `binary.cu`.

use crate::kernels::sixteen_samples;
use pixelflume_device::Grid;
use pixelflume_kernels::args::BinaryArgs;

/// The grid of `binary.cu`: 16 samples of a row for each thread.
pub(crate) fn grid(args: &BinaryArgs) -> Grid {
    sixteen_samples(&args.dst)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{ImageBatch, ImageShape};
    use bytemuck::Zeroable;
    use pixelflume_device::Address;

    #[test]
    fn grids_cover_the_image() {
        let shape = ImageShape::u8(1025, 5, 1);
        let args = BinaryArgs {
            dst: ImageBatch::tight(shape, 3, Address::NULL).param(),
            ..Zeroable::zeroed()
        };
        assert_eq!(grid(&args).blocks, [2, 2, 3]);
    }
}
