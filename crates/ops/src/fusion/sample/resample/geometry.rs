//! The launch geometry of the kernels of `resample.cu`.

use crate::kernels::MAX_BLOCKS_YZ;
use pixelflume_device::{Grid, Residency};

/// Threads of a block.
const THREADS: u32 = 256;
/// Source rows of a step of a block, `ROWS` in `resample.cu`.
pub(super) const STEP: u32 = 16;
/// The most shared memory of a block: what every GPU gives without being asked for more.
pub(super) const SHARED_BYTES: u32 = 48 * 1024;
/// Blocks that a multiprocessor should have: while some load, others compute.
const RESIDENT: u64 = 4;
/// The most strips of the output.
const MOST_STRIPS: u32 = 256;

/// What the grid depends on, but for the batch and the GPU.
#[derive(Copy, Clone, Debug)]
pub(super) struct Geometry {
    /// Tiles of columns.
    pub(super) tiles: u32,
    /// Rows of the output.
    pub(super) lines: u32,
    /// Rows of the source.
    pub(super) rows: u32,
    /// The most rows of the source that a row of the output is made from.
    pub(super) taps: u32,
    /// Bytes of shared memory of a block.
    pub(super) shared_bytes: u32,
}

impl Geometry {
    /// The rows of the output that a block makes, and the grid, on a GPU of this residency.
    pub(super) fn grid(&self, batch: u32, gpu: Residency) -> (u32, Grid) {
        let columns = u64::from(self.tiles) * u64::from(batch);
        let multiprocessors = u64::from(gpu.multiprocessors.max(1));
        // The cost of a block is its source rows, and those of the neighboring strip that it computes again. A multiprocessor
        // works at full speed when several of its blocks take turns.
        let cost = |strips: u32| {
            let lines = u64::from(self.lines.div_ceil(strips));
            let fresh = lines * u64::from(self.rows) / u64::from(self.lines);
            let rows = fresh + u64::from(self.taps) + u64::from(STEP) + lines;
            let blocks = (columns * u64::from(strips)).div_ceil(multiprocessors);
            rows * blocks * RESIDENT / blocks.min(RESIDENT)
        };
        let most = self.lines.clamp(1, MOST_STRIPS);
        let strips = (1..=most).min_by_key(|&strips| cost(strips)).unwrap_or(1);
        let strip = self.lines.div_ceil(strips);
        let grid = Grid {
            blocks: [
                self.tiles,
                self.lines.div_ceil(strip).clamp(1, MAX_BLOCKS_YZ),
                batch.clamp(1, MAX_BLOCKS_YZ),
            ],
            threads: [THREADS, 1, 1],
            shared_bytes: self.shared_bytes,
        };
        (strip, grid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_cover_the_output_and_fill_the_gpu() {
        let thumbnails = Geometry {
            tiles: 4,
            lines: 224,
            rows: 1080,
            taps: 22,
            shared_bytes: 40_000,
        };
        for (geometry, batch) in [
            (thumbnails, 1),
            (thumbnails, 32),
            (thumbnails, 100_000),
            (
                Geometry {
                    lines: 1,
                    tiles: 1,
                    ..thumbnails
                },
                1,
            ),
            (
                Geometry {
                    lines: 65_536,
                    rows: 3,
                    ..thumbnails
                },
                2,
            ),
        ] {
            for multiprocessors in [0, 20, 132] {
                let (strip, grid) = geometry.grid(
                    batch,
                    Residency {
                        multiprocessors,
                        blocks: 16,
                    },
                );
                assert!(strip * grid.blocks[1] >= geometry.lines);
                assert!(strip * (grid.blocks[1] - 1) < geometry.lines);
                assert_eq!(grid.blocks[0], geometry.tiles);
                assert_eq!(grid.blocks[2], batch.min(MAX_BLOCKS_YZ));
            }
        }
        let gpu = Residency {
            multiprocessors: 132,
            blocks: 16,
        };
        let (_, grid) = thumbnails.grid(32, gpu);
        let blocks = grid.blocks.iter().product::<u32>();
        assert!((400..800).contains(&blocks), "{blocks}");
    }
}
