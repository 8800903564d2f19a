//! The launch geometry of the CUDA kernels. Their modules and argument structs are those of the crate `pixelflume-kernels`.

mod mixed;
mod sample;
mod stencil;

use crate::image::ImageParam;
pub(crate) use mixed::{bits_grid, mixed_grid, resample_mixed_grid};
use pixelflume_device::Grid;
pub(crate) use sample::{Cover, sample_grid};
pub(crate) use stencil::{stencil_grid, stencil_takes};

/// Most blocks that CUDA takes along y and along z. Along both the kernels have grid-stride loops, so that a grid with fewer blocks
/// covers taller images and longer batches, too.
pub(crate) const MAX_BLOCKS_YZ: u32 = 65_535;

/// The grid for images of `width` units (pixels or samples) and `height` rows, with a block for each tile of `tile` units and rows:
/// x runs along rows, y down the image, z over the batch.
pub(crate) fn grid(
    width: u64,
    height: u32,
    batch: u32,
    tile: (u32, u32),
    threads: [u32; 3],
) -> Grid {
    // CUDA's limit along x is 2^31 - 1 blocks. Rows are addressed with 32-bit sample numbers, so that images stay far below it.
    let columns = width.div_ceil(u64::from(tile.0)).clamp(1, i32::MAX as u64) as u32;
    let rows = height.div_ceil(tile.1).clamp(1, MAX_BLOCKS_YZ);
    Grid {
        blocks: [columns, rows, batch.clamp(1, MAX_BLOCKS_YZ)],
        threads,
        shared_bytes: 0,
    }
}

/// The grid of kernels that compute 16 samples of a row (`SAMPLES_PER_THREAD`) in each of 64 x 4 threads.
pub(crate) fn sixteen_samples(dst: &ImageParam) -> Grid {
    let tile = (64 * 16, 4);
    grid(
        u64::from(dst.width),
        dst.height,
        dst.batch,
        tile,
        [64, 4, 1],
    )
}

/// The grid of kernels that compute one pixel, or one sample, of a row in each of 32 x 8 threads.
pub(crate) fn one_each(width: u64, image: &ImageParam) -> Grid {
    grid(width, image.height, image.batch, (32, 8), [32, 8, 1])
}
