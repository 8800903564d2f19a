//! The launch geometry of the kernels of `sample_words.cu`.

use super::lines::Lines;
use crate::kernels::MAX_BLOCKS_YZ;
use pixelflume_device::{Grid, Residency};
use pixelflume_kernels::args::{LineTap, WordTile};

/// Bytes of the source of which a thread makes pairs at a time: `CHUNK` in `sample_words.cu`.
pub(super) const CHUNK: u32 = 16;
/// The numbers of threads of a block to choose from.
const THREADS: [u32; 3] = [160, 128, 192];
/// The most shared memory of a block: what every GPU gives without being asked for more.
const SHARED_BYTES: u32 = 48 * 1024;
/// The most rows of a strip.
const MOST_ROWS: u32 = 40;
/// Threads of a multiprocessor at a time, by the registers of the kernels.
const RESIDENT_THREADS: u32 = 1152;
/// Threads that keep a multiprocessor busy.
const BUSY_THREADS: u32 = 640;

/// Instructions of a thread, as the compiler makes them for two frames: the beginning of a strip, a source row that it interpolates
/// and its part of the loads, and a row of the output.
const COST_OF_STRIP: u64 = 300;
const COST_OF_STEP: u64 = 42;
const COST_OF_ROW: u64 = 39;
/// The time of a load, in the time of an instruction of all threads. The first blocks of a multiprocessor wait for all their loads.
const COST_OF_LOAD: u64 = 475;

/// What the grid depends on, but for the batch and the GPU.
#[derive(Clone, Debug)]
pub(super) struct Geometry {
    /// Blocks along a row.
    tiles: u32,
    /// Threads of a block.
    threads: u32,
    /// The most chunks of a tile.
    chunks: u32,
    /// The rows of a strip to choose from, ascending, with the most steps of such a strip.
    strips: Vec<(u32, u32)>,
    /// Rows of the output.
    rows: u32,
}

impl Geometry {
    /// Threads of a block for rows of this many words: the number that leaves the fewest without a word.
    pub(super) fn threads(words: usize) -> u32 {
        let words = u32::try_from(words).unwrap_or(u32::MAX);
        let most = words.clamp(1, 192).next_multiple_of(32);
        let idle = |threads: &u32| words.div_ceil(*threads).saturating_mul(*threads) - words;
        let fitting = THREADS.into_iter().filter(|&threads| threads <= most);
        fitting.min_by_key(idle).unwrap_or(most)
    }

    /// `None` where not even strips of one row fit the shared memory of a block, or the rows are more than the strips of a grid have.
    pub(super) fn new(threads: u32, tiles: &[WordTile], lines: &Lines) -> Option<Self> {
        let chunks = tiles.iter().map(|tile| tile.chunks).max()?;
        let rows = u32::try_from(lines.taps.len()).ok()?;
        let steps = |strip: u32| {
            let firsts = (0..lines.taps.len()).step_by(strip as usize);
            let last = |first: usize| (first + strip as usize).min(lines.taps.len()) - 1;
            firsts.map(|first| lines.staged(first, last(first))).max()
        };
        let mut geometry = Geometry {
            tiles: u32::try_from(tiles.len()).ok()?,
            threads,
            chunks,
            strips: Vec::new(),
            rows,
        };
        for strip in 1..=rows.min(MOST_ROWS) {
            let steps = steps(strip)?;
            // Two frames at a time need most.
            if geometry.shared_bytes(strip, steps, 2) > u64::from(SHARED_BYTES) {
                break;
            }
            if rows.div_ceil(strip) <= MAX_BLOCKS_YZ {
                geometry.strips.push((strip, steps));
            }
        }
        (!geometry.strips.is_empty()).then_some(geometry)
    }

    /// Bytes of shared memory of a block: the lines of a strip and one behind them, and the pairs of `frames` frames.
    fn shared_bytes(&self, strip: u32, steps: u32, frames: u32) -> u64 {
        let lines = (u64::from(strip) + 1) * size_of::<LineTap>() as u64;
        lines + u64::from(steps) * u64::from(self.chunks * CHUNK * 2 * frames)
    }

    /// The rows of a strip, and the grid for as many of the frames as it can have, for a kernel that makes `frames` frames at a time, on a GPU of this residency.
    pub(super) fn grid(&self, batch: u32, frames: u32, gpu: Residency) -> (u32, Grid) {
        let resident = u64::from((RESIDENT_THREADS / self.threads).min(gpu.blocks).max(1));
        let busy = u64::from(BUSY_THREADS.div_ceil(self.threads));
        let groups = batch.div_ceil(frames).max(1);
        // A multiprocessor takes its blocks in waves. In the last one it is not busy where it has few of them.
        let cost = |&(strip, steps): &(u32, u32)| {
            let strips = u64::from(self.rows.div_ceil(strip));
            let blocks = u64::from(self.tiles) * u64::from(groups) * strips;
            let blocks = blocks.div_ceil(u64::from(gpu.multiprocessors.max(1)));
            let full = (blocks - 1) / resident * resident;
            let rows = u64::from(steps) * COST_OF_STEP + u64::from(strip) * COST_OF_ROW;
            let loads = u64::from(steps.div_ceil((self.threads / self.chunks).max(1)));
            (full + (blocks - full).max(busy)) * (COST_OF_STRIP + rows) + loads * COST_OF_LOAD
        };
        let (strip, steps) = *self
            .strips
            .iter()
            .min_by_key(|strip| cost(strip))
            .expect("a geometry has strips");
        let grid = Grid {
            blocks: [
                self.tiles,
                self.rows.div_ceil(strip),
                groups.min(MAX_BLOCKS_YZ),
            ],
            threads: [self.threads, 1, 1],
            shared_bytes: self.shared_bytes(strip, steps, frames) as u32,
        };
        (strip, grid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_threads_have_no_word() {
        assert_eq!(Geometry::threads(1), 32);
        assert_eq!(Geometry::threads(70), 96);
        assert_eq!(Geometry::threads(130), 160);
        assert_eq!(Geometry::threads(1440), 160);
        assert_eq!(Geometry::threads(1536), 128);
    }

    #[test]
    fn grids_cover_the_output_and_fill_the_gpu() {
        let wide = Geometry {
            tiles: 9,
            threads: 160,
            chunks: 21,
            strips: (1..=MOST_ROWS).map(|rows| (rows, rows / 2 + 2)).collect(),
            rows: 1080,
        };
        let gpu = Residency {
            multiprocessors: 132,
            blocks: 12,
        };
        for batch in [1, 2, 7, 8, 100_000, u32::MAX] {
            for frames in [1, 2] {
                let (strip, grid) = wide.grid(batch, frames, gpu);
                assert!(strip * grid.blocks[1] >= 1080);
                assert!(strip * (grid.blocks[1] - 1) < 1080);
                assert_eq!(grid.blocks[0], 9);
                assert_eq!(grid.blocks[2], batch.div_ceil(frames).min(MAX_BLOCKS_YZ));
                assert_eq!(
                    grid.shared_bytes,
                    16 * (strip + 1) + (strip / 2 + 2) * 21 * 32 * frames
                );
            }
        }
        // Few images: short strips, so that each multiprocessor has some.
        let blocks = |batch| wide.grid(batch, 2, gpu).1.blocks.iter().product::<u32>();
        assert!(blocks(2) >= 3 * 132, "{}", blocks(2));
        let no_gpu = Residency {
            multiprocessors: 0,
            blocks: 0,
        };
        assert_eq!(wide.grid(8, 2, no_gpu).1.blocks[0], 9);
    }
}
