//! The launch geometry of the kernels of `shrink.cu`.

use crate::kernels::MAX_BLOCKS_YZ;
use pixelflume_device::{Grid, Residency};

/// Source rows of a round of a block, `ROWS` in `shrink_load.cuh`.
pub(super) const ROWS: u32 = 16;
/// Rounds whose rows the shared memory of a block holds, `STAGES` in `shrink_load.cuh`.
pub(super) const STAGES: u32 = 2;
/// The most shared memory of a block: what every GPU gives without being asked for more, but for the barriers of the copies.
pub(super) const SHARED_BYTES: u32 = 48 * 1024 - 64;
/// Rounds that the start of a block costs: the latency of the first loads.
const START: u64 = 2;
/// The most waves of blocks that a grid is made for. One is the best but for outputs whose tiles nearly fill a wave, or more.
const MOST_WAVES: u64 = 8;
/// Constant rows of all frames for which a column of the grid has a block.
const CONSTANT_ROWS: u32 = 64;

/// The warps that the registers of a multiprocessor hold of a kernel for weights of this many digits, since their registers hold
/// weights: of a kernel for two digits 128 registers of each lane, of one for three digits 168.
pub(super) fn resident_warps(planes: u32) -> u32 {
    if planes == 2 { 16 } else { 12 }
}

/// The numbers of warps that a block of such a kernel can have, the best first: those with which a multiprocessor holds the most.
pub(super) fn warps(planes: u32) -> &'static [u32] {
    match planes {
        2 => &[8, 4, 5, 7, 6, 3, 2, 1],
        _ => &[6, 4, 3, 5, 2, 1],
    }
}

/// What the grid depends on, but for the batch and the GPU.
#[derive(Copy, Clone, Debug)]
pub(super) struct Geometry {
    /// Tiles of columns.
    pub(super) tiles: u32,
    /// Groups of rows of the output that are made from the source.
    pub(super) groups: u32,
    /// Constant rows of the output.
    pub(super) constant: u32,
    /// Rows of the source.
    pub(super) rows: u32,
    /// The most rounds of the source that a group is made from.
    pub(super) rounds: u32,
    /// Warps of a block.
    pub(super) warps: u32,
    /// Blocks that a multiprocessor holds, at least 1.
    pub(super) resident: u32,
    /// Bytes of shared memory of a block.
    pub(super) shared_bytes: u32,
}

impl Geometry {
    /// The groups of rows that a block makes, which go on through the frames, and the grid, on a GPU of this residency.
    pub(super) fn grid(&self, batch: u32, gpu: Residency) -> (u32, Grid) {
        let wave = u64::from(gpu.multiprocessors.max(1)) * u64::from(self.resident);
        let tiles = u64::from(self.tiles.max(1));
        let rounds = u64::from(self.rows.div_ceil(ROWS));
        let of_frame = u64::from(self.groups.max(1));
        let all = of_frame * u64::from(batch.max(1));
        // The cost of a block is its rounds, and those of the rows above its first ones that another block computes, too. A last
        // wave of blocks that is nearly empty takes as long as a full one.
        let strip = |waves: u64| all.div_ceil((waves * wave / tiles).clamp(1, all));
        let cost = |&waves: &u64| {
            let strip = strip(waves);
            let fresh = ((strip - 1) * rounds).div_ceil(of_frame);
            let waves = (tiles * all.div_ceil(strip)).div_ceil(wave);
            waves * (fresh + u64::from(self.rounds) + START)
        };
        let waves = (1..=MOST_WAVES).min_by_key(cost).unwrap_or(1);
        let strip = strip(waves).max(all.div_ceil(u64::from(MAX_BLOCKS_YZ)));
        let constant = u64::from(self.constant) * u64::from(batch);
        let blocks = all
            .div_ceil(strip)
            .max(constant.div_ceil(u64::from(CONSTANT_ROWS)));
        let grid = Grid {
            blocks: [
                self.tiles,
                blocks.clamp(1, u64::from(MAX_BLOCKS_YZ)) as u32,
                1,
            ],
            threads: [32 * self.warps, 1, 1],
            shared_bytes: self.shared_bytes,
        };
        // No memory holds the output of 2^32 groups for each of 65535 blocks.
        (u32::try_from(strip).unwrap_or(u32::MAX), grid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_cover_the_output_and_fill_the_gpu() {
        let thumbnails = Geometry {
            tiles: 9,
            groups: 28,
            constant: 0,
            rows: 1080,
            rounds: 5,
            warps: 5,
            resident: 3,
            shared_bytes: 40_000,
        };
        for (geometry, batch) in [
            (thumbnails, 1),
            (thumbnails, 32),
            (thumbnails, 100_000),
            (
                Geometry {
                    groups: 1,
                    tiles: 1,
                    ..thumbnails
                },
                1,
            ),
            (
                Geometry {
                    groups: 8_192,
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
                let all = u64::from(geometry.groups) * u64::from(batch);
                let [strip, blocks] = [strip, grid.blocks[1]].map(u64::from);
                assert!(strip * blocks >= all && strip * (blocks - 1) < all);
                assert_eq!(grid.threads, [32 * geometry.warps, 1, 1]);
                assert_eq!(grid.blocks[0], geometry.tiles);
                assert_eq!(grid.blocks[2], 1);
            }
        }
        let gpu = Residency {
            multiprocessors: 132,
            blocks: 16,
        };
        let (_, grid) = thumbnails.grid(32, gpu);
        // One full wave of 396 blocks.
        let blocks = grid.blocks.iter().product::<u32>();
        assert!((380..=396).contains(&blocks), "{blocks}");
        // Half a wave holds the tiles of one row of blocks: two waves of two rows leave less idle than one.
        let wide = Geometry {
            tiles: 210,
            ..thumbnails
        };
        let blocks = wide.grid(32, gpu).1.blocks;
        assert!(blocks[0] * blocks[1] > 396, "{blocks:?}");
        // Blocks without a row of the source share the constant rows.
        let border = Geometry {
            groups: 0,
            constant: 640,
            ..thumbnails
        };
        assert_eq!(border.grid(1, gpu).1.blocks[1], 10);
    }
}
