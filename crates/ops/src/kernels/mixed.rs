//! The launch geometry of `sample_mixed.cu`, `resample_mixed.cu` and `resample_bits.cu`.

use super::grid;
use pixelflume_device::Grid;
use pixelflume_kernels::args::SampleArgs;

/// Rows that each thread computes: `ROWS`.
const ROWS: u32 = 8;
/// The most threads of a block.
const THREADS: u32 = 256;
/// The most rows of a block: `MOST_LINES`.
const LINES: u32 = 16;

/// The grid of `sample_mixed`: a thread for each column of `ROWS` rows. Blocks are about as wide as the output, or as equal parts of
/// it, in whole warps, so that few threads have no column.
pub(crate) fn mixed_grid(args: &SampleArgs) -> Grid {
    let dst = &args.dst;
    let parts = dst.width.div_ceil(THREADS).max(1);
    let across = (dst.width.div_ceil(parts))
        .next_multiple_of(32)
        .clamp(32, THREADS);
    let down = (THREADS / across).min(LINES / ROWS);
    grid(
        dst.width.into(),
        dst.height,
        dst.batch,
        (across, down * ROWS),
        [across, down, 1],
    )
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

    #[test]
    fn blocks_are_as_wide_as_parts_of_the_output() {
        let shape = |width, height, batch| {
            let mut args = SampleArgs::zeroed();
            (args.dst.width, args.dst.height, args.dst.batch) = (width, height, batch);
            let grid = mixed_grid(&args);
            (grid.blocks, grid.threads)
        };
        assert_eq!(shape(224, 224, 64), ([1, 28, 64], [224, 1, 1]));
        assert_eq!(shape(640, 641, 3), ([3, 81, 3], [224, 1, 1]));
        assert_eq!(shape(1, 1, 1), ([1, 1, 1], [32, 2, 1]));
        assert_eq!(shape(100, 9, 70_000), ([1, 1, 65_535], [128, 2, 1]));
        assert_eq!(shape(65_536, 65_536, 1).1, [256, 1, 1]);
    }
}
