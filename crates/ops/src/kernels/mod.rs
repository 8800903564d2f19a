//! The CUDA kernels: their modules, their arguments, and the geometry with which each is launched.

pub(crate) mod args;
mod sample;
mod stencil;

use crate::ImageParam;
use args::{
    BinaryArgs, BlurArgs, ColorArgs, GatherArgs, NormalizeArgs, ResizeArgs, SobelArgs, UnaryArgs,
    WarpArgs,
};
use pixelflume_device::Grid;
pub(crate) use sample::{Cover, SampleArgs, flags, sample_grid};
pub(crate) use stencil::{StencilArgs, StencilTaps, stencil_grid, stencil_takes};

/// Most blocks that CUDA takes along y and along z. The kernels walk on by the size of the grid, so that a taller image
/// or a longer batch is covered all the same.
const MAX_BLOCKS_YZ: u32 = 65_535;

/// The blocks over images of `width` units (pixels or samples) and `height` rows, in tiles of `tile` units and rows:
/// x walks along rows, y down, z over the batch.
fn grid(width: u64, height: u32, batch: u32, tile: (u32, u32), threads: [u32; 3]) -> Grid {
    // CUDA's limit along x is 2^31 - 1 blocks. Rows are addressed with 32-bit sample numbers, so they stay far below it.
    let columns = width.div_ceil(u64::from(tile.0)).clamp(1, i32::MAX as u64) as u32;
    let rows = height.div_ceil(tile.1).clamp(1, MAX_BLOCKS_YZ);
    Grid {
        blocks: [columns, rows, batch.clamp(1, MAX_BLOCKS_YZ)],
        threads,
        shared_bytes: 0,
    }
}

/// `color.cu`: `PIXELS_PER_THREAD` 4 pixels of one row for each of 64 x 4 threads.
pub(crate) fn color_grid(args: &ColorArgs) -> Grid {
    let dst = &args.dst;
    grid(
        u64::from(dst.width),
        dst.height,
        dst.batch,
        (64 * 4, 4),
        [64, 4, 1],
    )
}

/// `resize.cu`, all entry points: one pixel of the output for each of 32 x 8 threads.
pub(crate) fn resize_grid(args: &ResizeArgs) -> Grid {
    let dst = &args.dst;
    grid(
        u64::from(dst.width),
        dst.height,
        dst.batch,
        (32, 8),
        [32, 8, 1],
    )
}

/// `gaussian_blur.cu`: `TILE_SAMPLES` 128 samples (pixels times channels) by `TILE_ROWS` 32 rows for 32 x 8 threads.
/// The tile lies in dynamic shared memory.
pub(crate) fn gaussian_blur_grid(args: &BlurArgs) -> Grid {
    let dst = &args.dst;
    let samples = u64::from(dst.width) * u64::from(dst.channels);
    let grid = grid(samples, dst.height, dst.batch, (128, 32), [32, 8, 1]);
    Grid {
        shared_bytes: gaussian_blur_shared_bytes(args.size, dst.channels),
        ..grid
    }
}

/// Shared memory of a block of `gaussian_blur.cu`: bytes of the tile with its halo (a whole number of 4-byte words on
/// each side), then 2 bytes for each sample of the horizontal pass.
fn gaussian_blur_shared_bytes(size: u32, channels: u32) -> u32 {
    let radius = size / 2;
    let rows = 32 + 2 * radius;
    let halo = (radius * channels).next_multiple_of(4);
    rows * (128 + 2 * halo) + rows * 128 * 2
}

/// `sobel.cu`: `TILE_PIXELS` 128 pixels by `TILE_ROWS` 32 rows for 32 x 8 threads.
pub(crate) fn sobel_grid(args: &SobelArgs) -> Grid {
    let dst = &args.dst;
    grid(
        u64::from(dst.width),
        dst.height,
        dst.batch,
        (128, 32),
        [32, 8, 1],
    )
}

/// `binary.cu` and `threshold` of `pointwise.cu`: `SAMPLES_PER_THREAD` 16 samples of one row for each of 64 x 4 threads.
fn sixteen_samples(dst: &ImageParam) -> Grid {
    let tile = (64 * 16, 4);
    grid(
        u64::from(dst.width),
        dst.height,
        dst.batch,
        tile,
        [64, 4, 1],
    )
}

/// One pixel, or one sample, of a row for each of 32 x 8 threads.
fn one_each(width: u64, image: &ImageParam) -> Grid {
    grid(width, image.height, image.batch, (32, 8), [32, 8, 1])
}

/// `binary.cu`.
pub(crate) fn binary_grid(args: &BinaryArgs) -> Grid {
    sixteen_samples(&args.dst)
}

/// `threshold` of `pointwise.cu`.
pub(crate) fn threshold_grid(args: &UnaryArgs) -> Grid {
    sixteen_samples(&args.dst)
}

/// `nv12_to_rgb` of `pointwise.cu`: one pixel for each thread.
pub(crate) fn nv12_grid(args: &UnaryArgs) -> Grid {
    one_each(args.dst.width.into(), &args.dst)
}

/// `normalize` of `pointwise.cu`: one pixel of the source for each thread.
pub(crate) fn normalize_grid(args: &NormalizeArgs) -> Grid {
    one_each(args.src.width.into(), &args.src)
}

/// `gather.cu`: one pixel for each thread.
pub(crate) fn gather_grid(args: &GatherArgs) -> Grid {
    one_each(args.dst.width.into(), &args.dst)
}

/// `warp_affine.cu`: one pixel for each thread.
pub(crate) fn warp_grid(args: &WarpArgs) -> Grid {
    one_each(args.dst.width.into(), &args.dst)
}

/// `neighbours.cu`: one sample for each thread.
pub(crate) fn neighbours_grid(args: &UnaryArgs) -> Grid {
    let samples = u64::from(args.dst.width) * u64::from(args.dst.channels);
    one_each(samples, &args.dst)
}

/// `window.cu`: `TILE_SAMPLES` 128 samples (pixels times channels) by `TILE_ROWS` 32 rows for 32 x 8 threads. The rows of
/// the tile with its halo lie in dynamic shared memory, as combined 16-bit samples and as bytes.
pub(crate) fn window_grid(args: &UnaryArgs) -> Grid {
    let dst = &args.dst;
    let samples = u64::from(dst.width) * u64::from(dst.channels);
    let radius = args.a / 2;
    let rows = 32 + 2 * radius;
    Grid {
        shared_bytes: rows * (2 * 128 + 128 + 2 * radius * dst.channels),
        ..grid(samples, dst.height, dst.batch, (128, 32), [32, 8, 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: u32, height: u32, channels: u32, batch: u32) -> ImageParam {
        let row = u64::from(width) * u64::from(channels);
        ImageParam {
            base: 0,
            row_pitch: row,
            batch_stride: row * u64::from(height),
            width,
            height,
            channels,
            batch,
        }
    }

    fn blur(width: u32, height: u32, channels: u32, batch: u32, size: u32) -> BlurArgs {
        let image = image(width, height, channels, batch);
        BlurArgs {
            src: image,
            dst: image,
            size,
            reserved: 0,
            taps: [0; 32],
        }
    }

    #[test]
    fn grids_cover_the_image() {
        let one = image(257, 5, 1, 3);
        let color = ColorArgs {
            src: one,
            dst: one,
            conversion: 0,
            reserved: 0,
        };
        assert_eq!(color_grid(&color).blocks, [2, 2, 3]);
        let resize = ResizeArgs {
            src: one,
            dst: one,
            tables: 0,
            mode: 0,
            reserved: 0,
        };
        assert_eq!(resize_grid(&resize).blocks, [9, 1, 3]);
        let sobel = SobelArgs {
            src: one,
            dst: one,
            output: 0,
            reserved: 0,
        };
        assert_eq!(sobel_grid(&sobel).blocks, [3, 1, 3]);
        let binary = BinaryArgs {
            a: one,
            b: one,
            dst: image(1025, 5, 1, 3),
            weight: 0,
            reserved: 0,
        };
        assert_eq!(binary_grid(&binary).blocks, [2, 2, 3]);
        assert_eq!(gaussian_blur_grid(&blur(43, 33, 3, 2, 5)).blocks, [2, 2, 2]);
    }

    #[test]
    fn grids_stay_within_the_limits_of_cuda() {
        let tall = image(1, u32::MAX, 1, 100_000);
        let resize = ResizeArgs {
            src: tall,
            dst: tall,
            tables: 0,
            mode: 2,
            reserved: 0,
        };
        assert_eq!(resize_grid(&resize).blocks, [1, 65_535, 65_535]);
        for channels in [1, 3, 4] {
            for size in (1..=31).step_by(2) {
                let grid = gaussian_blur_grid(&blur(1, 1, channels, 1, size));
                let window = window_grid(&UnaryArgs {
                    src: image(1, 1, channels, 1),
                    dst: image(1, 1, channels, 1),
                    a: size,
                    b: 0,
                });
                for grid in [grid, window] {
                    assert!(
                        grid.shared_bytes <= 48 * 1024,
                        "{size} taps, {channels} channels: {grid:?}"
                    );
                }
            }
        }
    }
}
