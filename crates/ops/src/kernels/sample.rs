//! The launch geometry of the kernels of `sample_rows.cu` and `sample_taps.cu`.

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
}

/// The grid of a kernel. Blocks have 64 x 4 threads, for narrow images 32 x 8.
pub(crate) fn sample_grid(args: &SampleArgs, cover: Cover) -> Grid {
    let dst = &args.dst;
    let (pixels, frames) = match cover {
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
    }
}
