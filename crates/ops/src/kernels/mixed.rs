//! The launch geometry of `sample_mixed.cu`, `resample_mixed.cu` and `resample_bits.cu`.

use super::grid;
use pixelflume_device::{Grid, Residency};
use pixelflume_kernels::args::SampleArgs;

/// Rows that each thread of `sample_mixed.cu` computes: `ROWS`.
const ROWS: u32 = 4;
/// The most rows of a tile: `MOST_LINES`.
const LINES: u32 = 8;
/// The warp of a block that plans.
const PLANNER: u32 = 32;
/// Blocks of `sample_mixed` for each multiprocessor: `RESIDENT`.
const RESIDENT: u32 = 4;
/// Tiles that a block of `sample_mixed` has at least, where there are as many: each block reads a descriptor over the bus, which serves
/// one after the other.
const TILES: u64 = 2;
/// The most threads of a block that compute.
const THREADS: u32 = 256;

/// The grid of `sample_mixed` on a GPU of this residency: as many blocks as are resident, which share the tiles of all frames, but
/// fewer where there are few tiles. Tiles are about as wide as the output, or as equal parts of it, in whole warps, so that few threads have
/// no column.
pub(crate) fn mixed_grid(args: &SampleArgs, gpu: Residency) -> Grid {
    let dst = &args.dst;
    let strips = dst.width.div_ceil(THREADS).max(1);
    let across = (dst.width.div_ceil(strips))
        .next_multiple_of(32)
        .clamp(32, THREADS);
    let groups = (THREADS / across).min(LINES / ROWS);
    let down = dst.height.div_ceil(groups * ROWS);
    let tiles = u64::from(strips) * u64::from(down) * u64::from(dst.batch);
    let resident = gpu.multiprocessors.max(1) * gpu.blocks.clamp(1, RESIDENT);
    Grid {
        // No more than `resident`.
        blocks: [tiles.div_ceil(TILES).clamp(1, resident.into()) as u32, 1, 1],
        threads: [across * groups + PLANNER, 1, 1],
        shared_bytes: 0,
    }
}

/// The grid of the kernels of `resample_mixed.cu`: a block for 32 columns (`MOST_COLUMNS`) and 32 rows (`STRIP`) of each image, with
/// these bytes of dynamic shared memory.
pub(crate) fn resample_mixed_grid(args: &SampleArgs, shared_bytes: u32) -> Grid {
    let dst = &args.dst;
    let of_tiles = grid(
        dst.width.into(),
        dst.height,
        dst.batch,
        (32, 32),
        [THREADS, 1, 1],
    );
    Grid {
        shared_bytes,
        ..of_tiles
    }
}

/// The grid of `resample_bits`: a block for each axis of each image.
pub(crate) fn bits_grid(args: &SampleArgs) -> Grid {
    grid(2, 1, args.dst.batch, (1, 1), [THREADS, 1, 1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;

    const H200: Residency = Residency {
        multiprocessors: 132,
        blocks: 32,
    };

    #[test]
    fn tiles_are_as_wide_as_parts_of_the_output_and_blocks_share_them() {
        let shape = |width, height, batch| {
            let mut args = SampleArgs::zeroed();
            (args.dst.width, args.dst.height, args.dst.batch) = (width, height, batch);
            let grid = mixed_grid(&args, H200);
            assert_eq!(grid.blocks[1..], [1, 1]);
            (grid.blocks[0], grid.threads[0])
        };
        assert_eq!(shape(224, 224, 64), (528, 224 + 32));
        assert_eq!(shape(224, 224, 2), (56, 224 + 32));
        assert_eq!(shape(640, 641, 1), ((3_u32 * 161).div_ceil(2), 224 + 32));
        assert_eq!(shape(1, 1, 1), (1, 64 + 32));
        assert_eq!(shape(100, 9, 70_000), (528, 256 + 32));
        assert_eq!(shape(65_536, 65_536, u32::MAX), (528, 256 + 32));
    }

    #[test]
    fn a_gpu_that_tells_nothing_has_a_block() {
        let args = SampleArgs::zeroed();
        let gpu = Residency {
            multiprocessors: 0,
            blocks: 0,
        };
        assert_eq!(mixed_grid(&args, gpu).blocks, [1, 1, 1]);
    }
}
