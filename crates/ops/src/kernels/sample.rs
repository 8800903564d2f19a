//! The launch geometry of the kernels of `sample_rows.cu`, `sample_taps.cu` and `sample_words.cu`.

use super::grid;
use pixelflume_device::Grid;
use pixelflume_kernels::args::SampleArgs;

/// The output that each thread computes.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Cover {
    /// `sample_taps.cu`: one pixel in each of this many frames: `FRAMES` 4, or 1 for `sample_scattered`.
    Frames(u32),
    /// `sample_rows.cu`: this many consecutive pixels of a row: 16 where the output is one byte per pixel, else 4.
    Pixels(u32),
    /// `sample_words.cu`: words of four samples, in a strip of rows.
    Words,
}

/// Words of each thread of `sample_words.cu`: `WORDS`.
const WORDS: u32 = 2;
/// Threads along x of each of its blocks: `LANES`.
const LANES: u32 = 32;
/// Rows of each strip. The rows at the ends of a strip are interpolated for its neighbors, too: longer strips compute less, and
/// shorter ones occupy the GPU more evenly.
const STRIP: u32 = 8;

/// The grid of a kernel. Blocks have 64 x 4 threads, for narrow images and for words 32 x 8.
pub(crate) fn sample_grid(args: &SampleArgs, cover: Cover) -> Grid {
    let dst = &args.dst;
    let (pixels, frames) = match cover {
        Cover::Words => {
            let words = (dst.width * dst.channels).div_ceil(4);
            let tile = (LANES * WORDS, 8);
            let strips = dst.height.div_ceil(STRIP);
            return grid(words.into(), strips, dst.batch, tile, [LANES, 8, 1]);
        }
        Cover::Frames(frames) => (1, frames),
        Cover::Pixels(pixels) => (pixels, 1),
    };
    let (across, down) = match dst.width.div_ceil(pixels) {
        0..=32 => (32, 8),
        _ => (64, 4),
    };
    grid(
        dst.width.into(),
        dst.height,
        dst.batch.div_ceil(frames),
        (across * pixels, down),
        [across, down, 1],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytemuck::Zeroable;

    fn blocks(width: u32, height: u32, batch: u32, cover: Cover) -> ([u32; 3], [u32; 3]) {
        let mut args = SampleArgs::zeroed();
        args.dst.width = width;
        args.dst.height = height;
        args.dst.batch = batch;
        args.dst.channels = 3;
        let grid = sample_grid(&args, cover);
        (grid.blocks, grid.threads)
    }

    #[test]
    fn grids_cover_the_output() {
        let frames = Cover::Frames(4);
        assert_eq!(blocks(640, 361, 9, frames), ([10, 91, 3], [64, 4, 1]));
        assert_eq!(blocks(1, 1, 1, frames), ([1, 1, 1], [32, 8, 1]));
        let pixels = Cover::Pixels(16);
        assert_eq!(blocks(1921, 2, 3, pixels), ([2, 1, 3], [64, 4, 1]));
        assert_eq!(blocks(512, 9, 1, pixels), ([1, 2, 1], [32, 8, 1]));
        assert_eq!(
            blocks(1, u32::MAX, u32::MAX, Cover::Pixels(4)).0,
            [1, 65_535, 65_535]
        );
        // 1440 words in 23 blocks of 64, and 135 strips in blocks of 8.
        assert_eq!(
            blocks(1920, 1080, 8, Cover::Words),
            ([23, 17, 8], [32, 8, 1])
        );
        assert_eq!(
            blocks(1, u32::MAX, 1, Cover::Words).0,
            [1, 65_535, 1],
            "strips get longer"
        );
    }
}
