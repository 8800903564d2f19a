//! The launch of the CUDA kernel `gaussian_blur`.

use crate::kernels;
use pixelflume_device::Grid;
use pixelflume_kernels::args::GaussianBlurArgs;

/// The grid of `gaussian_blur.cu`: `TILE_SAMPLES` 128 samples (pixels times channels) by `TILE_ROWS` 32 rows for 32 x 8 threads.
/// The tile lies in dynamic shared memory.
pub(super) fn grid(args: &GaussianBlurArgs) -> Grid {
    let dst = &args.dst;
    let samples = u64::from(dst.width) * u64::from(dst.channels);
    Grid {
        shared_bytes: shared_bytes(args.size, dst.channels),
        ..kernels::grid(samples, dst.height, dst.batch, (128, 32), [32, 8, 1])
    }
}

/// Shared memory of a block of `gaussian_blur.cu`: bytes of the tile with its halo (a whole number of 4-byte words on
/// each side), then 2 bytes for each sample of the horizontal pass.
fn shared_bytes(size: u32, channels: u32) -> u32 {
    let radius = size / 2;
    let rows = 32 + 2 * radius;
    let halo = (radius * channels).next_multiple_of(4);
    rows * (128 + 2 * halo) + rows * 128 * 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{ImageBatch, ImageShape};
    use bytemuck::Zeroable;
    use pixelflume_device::Address;

    fn args(width: u32, height: u32, channels: u32, batch: u32) -> GaussianBlurArgs {
        let shape = ImageShape::u8(width, height, channels);
        let image = ImageBatch::tight(shape, batch, Address::NULL).param();
        GaussianBlurArgs {
            src: image,
            dst: image,
            ..Zeroable::zeroed()
        }
    }

    #[test]
    fn grids_cover_the_image() {
        assert_eq!(grid(&args(43, 33, 3, 2)).blocks, [2, 2, 2]);
    }

    #[test]
    fn tiles_fit_the_shared_memory_of_every_gpu() {
        for channels in [1, 3, 4] {
            for size in (1..=31).step_by(2) {
                let grid = grid(&GaussianBlurArgs {
                    size,
                    ..args(1, 1, channels, 1)
                });
                assert!(
                    grid.shared_bytes <= 48 * 1024,
                    "{size} taps, {channels} channels: {grid:?}"
                );
            }
        }
    }
}
