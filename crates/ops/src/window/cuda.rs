//! The launches of the CUDA kernels of `window.cu`.

use crate::image::ImageParam;
use crate::kernels;
use pixelflume_device::Grid;
use pixelflume_kernels::args::WindowArgs;

/// The grid of `window.cu`: `TILE_SAMPLES` 128 samples (pixels times channels) by `TILE_ROWS` 32 rows for 32 x 8 threads. The
/// rows of the tile with its halo are in dynamic shared memory, as combined 16-bit samples and as bytes.
pub(crate) fn grid(args: &WindowArgs) -> Grid {
    grid_of(&args.dst, args.size)
}

/// The grid of `window.cu` for windows of `size` x `size` samples.
pub(crate) fn grid_of(dst: &ImageParam, size: u32) -> Grid {
    let samples = u64::from(dst.width) * u64::from(dst.channels);
    let radius = size / 2;
    let rows = 32 + 2 * radius;
    Grid {
        shared_bytes: rows * (2 * 128 + 128 + 2 * radius * dst.channels),
        ..kernels::grid(samples, dst.height, dst.batch, (128, 32), [32, 8, 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{ImageBatch, ImageShape};
    use bytemuck::Zeroable;
    use pixelflume_device::Address;

    fn args(width: u32, height: u32, channels: u32, batch: u32) -> WindowArgs {
        let shape = ImageShape::u8(width, height, channels);
        let image = ImageBatch::tight(shape, batch, Address::NULL).param();
        WindowArgs {
            src: image,
            dst: image,
            ..Zeroable::zeroed()
        }
    }

    #[test]
    fn tiles_fit_the_shared_memory_of_every_gpu() {
        for channels in [1, 3, 4] {
            for size in (1..=31).step_by(2) {
                let grid = grid(&WindowArgs {
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
