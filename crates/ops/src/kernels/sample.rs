//! The kernels that sample: their arguments, and the geometry of their launches.

use super::grid;
use crate::image::ImageParam;
use bytemuck::{Pod, Zeroable};
use pixelflume_device::Grid;

const _: () = assert!(size_of::<SampleArgs>() == 168);

/// A change of colors (`fusion::sample::color::ColorMap`); `struct Colour` in `kernels/sample.cuh` has the same fields.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct ColorMapArgs {
    pub(crate) luma: u32,
    pub(crate) weights_low: u32,
    pub(crate) weights_high: u32,
    pub(crate) order: u32,
}

/// Arguments of the kernels of `sample_*.cu`.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C)]
pub(crate) struct SampleArgs {
    /// The images read: 8-bit, interleaved, of 1, 3 or 4 channels; for rows the rectangle of them that is read.
    pub(crate) src: ImageParam,
    /// The images written. Planes are `height` rows apart.
    pub(crate) dst: ImageParam,
    /// Address of the taps, a multiple of 16: `dst.width` for the columns, then `dst.height` for the rows, each
    /// `{ index0: i32, index1: i32, weight0: i32, weight1: i32 }`. A tap with weights of 0 is outside: `index1` is the
    /// finished pixel, and `index0` negative; where column and row are outside, the lesser of these decides. Unused by rows.
    pub(crate) tables: u64,
    /// The change of colors before the taps.
    pub(crate) before: ColorMapArgs,
    /// The change of colors after the taps.
    pub(crate) after: ColorMapArgs,
    /// Factor of each channel, for floats.
    pub(crate) a: [f32; 4],
    /// Summand of each channel, for floats.
    pub(crate) b: [f32; 4],
    /// The threshold in each byte.
    pub(crate) limits: u32,
    /// What is written for samples above it, in each byte.
    pub(crate) maxima: u32,
    /// What there is to do, in the bits of [`flags`].
    pub(crate) flags: u32,
    /// The pixel that scattered taps with a negative index read, which comes in after `before`.
    pub(crate) outside: u32,
}

/// The bits of [`SampleArgs::flags`]; `enum Flags` in `kernels/sample.cuh` has the same.
pub(crate) mod flags {
    /// ColorMaps change before the taps.
    pub(crate) const BEFORE: u32 = 1;
    /// ColorMaps change after the taps.
    pub(crate) const AFTER: u32 = 2;
    /// Samples are compared with a threshold.
    pub(crate) const THRESHOLD: u32 = 4;
    /// The output is f32.
    pub(crate) const FLOATS: u32 = 8;
    /// The output is f16.
    pub(crate) const HALVES: u32 = 16;
    /// The output is planar.
    pub(crate) const PLANAR: u32 = 32;
    /// The taps are those of a half-size resize.
    pub(crate) const HALVED: u32 = 64;
}

/// What a block of the kernels covers.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Cover {
    /// `sample_taps.cu`: one pixel of so many frames for each thread: `FRAMES` 4, or 1 where the taps are scattered.
    Frames(u32),
    /// `sample_rows.cu`: so many pixels of a row for each thread: 16 where one byte is made of each, else 4.
    Pixels(u32),
}

/// The launch of a sampling kernel. Blocks are 64 x 4 threads, for narrow images 32 x 8.
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

    fn blocks(width: u32, height: u32, batch: u32, cover: Cover) -> ([u32; 3], [u32; 3]) {
        let mut args = SampleArgs::zeroed();
        args.dst.width = width;
        args.dst.height = height;
        args.dst.batch = batch;
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
