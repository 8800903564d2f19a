//! The host executors of `sobel`: a rolling window of gray rows, as many as the window is wide.

use super::root::rounded_root;
use super::wide;
use crate::color::host::convert;
use crate::color::{ColorConversion, ColorLike};
use crate::host::border::{pad_row, reflect};
use crate::host::scratch;
use crate::host::simd::{BLOCK, block, store, whole_blocks};
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use bytemuck::Pod;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::SobelArgs;

/// The fewest rows of a strip. A strip computes `SIZE - 1` rows of gray that its neighbors compute as well.
const LEAST_ROWS: usize = 16;

/// The host executor of the magnitude of [`Sobel`](crate::Sobel) with windows of `SIZE` pixels: 3, 5 or 7.
pub(crate) struct MagnitudeHost<const SIZE: usize> {
    pub(crate) level: Level,
}

/// The host executor of the derivatives of [`Sobel`](crate::Sobel) with windows of `SIZE` pixels: 3, 5 or 7.
pub(crate) struct DerivativeHost<const SIZE: usize> {
    pub(crate) level: Level,
    /// Whether the derivative is along x; otherwise it is along y.
    pub(crate) along_x: bool,
}

impl<const SIZE: usize> StripKernel for MagnitudeHost<SIZE> {
    type Args = SobelArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &SobelArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, _args: &SobelArgs) -> usize {
        LEAST_ROWS
    }

    fn recomputed_rows(&self, _args: &SobelArgs) -> usize {
        SIZE - 1
    }

    fn halo(&self, _args: &SobelArgs) -> Option<usize> {
        Some(SIZE / 2)
    }

    fn run(&self, args: &SobelArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        for_each_window(
            self.level,
            args.src.channels,
            source,
            strip,
            |window: &[_; SIZE], out| {
                dispatch!(self.level, _ => match SIZE {
                    3 => magnitude_row(three(window), out),
                    _ => wide::magnitude_row(window, out),
                });
            },
        );
    }
}

impl<const SIZE: usize> StripKernel for DerivativeHost<SIZE> {
    type Args = SobelArgs;
    type Source = u8;
    type Target = i16;

    fn images(args: &SobelArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, _args: &SobelArgs) -> usize {
        LEAST_ROWS
    }

    fn recomputed_rows(&self, _args: &SobelArgs) -> usize {
        SIZE - 1
    }

    fn halo(&self, _args: &SobelArgs) -> Option<usize> {
        Some(SIZE / 2)
    }

    fn run(&self, args: &SobelArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, i16>) {
        for_each_window(
            self.level,
            args.src.channels,
            source,
            strip,
            |window: &[_; SIZE], out| {
                dispatch!(self.level, _ => match (SIZE, self.along_x) {
                    (3, true) => derivative_row(three(window), out, dx),
                    (3, false) => derivative_row(three(window), out, dy),
                    (_, true) => wide::derivative_row::<true, SIZE>(window, out),
                    (_, false) => wide::derivative_row::<false, SIZE>(window, out),
                });
            },
        );
    }
}

/// The gray rows above, at and below the output row, each with one pixel of border on either side.
type Window<'a> = [&'a [u8]; 3];

/// The rows of a window of three.
#[inline(always)]
fn three<'a>(window: &[&'a [u8]]) -> Window<'a> {
    [window[0], window[1], window[2]]
}

/// Calls `f` with the rows around each row of the strip, with `SIZE / 2` pixels of border on either side, and its output.
fn for_each_window<const SIZE: usize, T: Pod>(
    level: Level,
    channels: u32,
    source: &Source<'_, u8>,
    strip: &mut Strip<'_, T>,
    f: impl Fn(&[&[u8]; SIZE], &mut [T]),
) {
    let radius = SIZE / 2;
    let (frame, rows) = (strip.frame(), strip.rows());
    let width = strip.row(rows.start).len();
    // A block begins at any of the columns of the window.
    let stride = whole_blocks(width) + 2 * radius;
    scratch::with(SIZE * stride, 0, |ring, _| {
        for i in 0..rows.len() + 2 * radius {
            let y = reflect((rows.start + i) as isize - radius as isize, source.height());
            let padded = &mut ring[i % SIZE * stride..][..stride];
            let gray = &mut padded[radius..radius + width];
            match channels {
                1 => gray.copy_from_slice(source.row(frame, y)),
                3 => convert(
                    level,
                    (ColorConversion::RgbToGray, ColorLike::Opencv),
                    source.row(frame, y),
                    gray,
                ),
                _ => convert(
                    level,
                    (ColorConversion::RgbaToGray, ColorLike::Opencv),
                    source.row(frame, y),
                    gray,
                ),
            }
            pad_row(padded, width, 1, radius);
            if let Some(done) = i.checked_sub(2 * radius) {
                let window = std::array::from_fn(|k| &ring[(done + k) % SIZE * stride..][..stride]);
                f(&window, strip.row(rows.start + done));
            }
        }
    });
}

/// The neighborhoods of a block of pixels, by row and column.
type Neighbors<'a> = [[&'a [u8; BLOCK]; 3]; 3];

#[inline(always)]
fn neighbors(window: Window<'_>, start: usize) -> Neighbors<'_> {
    let [above, middle, below] = window;
    [
        columns(above, start),
        columns(middle, start),
        columns(below, start),
    ]
}

#[inline(always)]
fn columns(row: &[u8], start: usize) -> [&[u8; BLOCK]; 3] {
    [
        block(row, start),
        block(row, start + 1),
        block(row, start + 2),
    ]
}

#[inline(always)]
fn dx(n: &Neighbors<'_>, i: usize) -> i16 {
    let difference = |row: usize| i16::from(n[row][2][i]) - i16::from(n[row][0][i]);
    difference(0) + 2 * difference(1) + difference(2)
}

#[inline(always)]
fn dy(n: &Neighbors<'_>, i: usize) -> i16 {
    let difference = |column: usize| i16::from(n[2][column][i]) - i16::from(n[0][column][i]);
    difference(0) + 2 * difference(1) + difference(2)
}

#[inline(always)]
fn derivative_row(
    window: Window<'_>,
    out: &mut [i16],
    derivative: impl Fn(&Neighbors<'_>, usize) -> i16,
) {
    for (block_index, out) in out.chunks_mut(BLOCK).enumerate() {
        let start = block_index * BLOCK;
        let n = neighbors(window, start);
        let mut values = [0i16; BLOCK];
        for (i, value) in values.iter_mut().enumerate() {
            *value = derivative(&n, i);
        }
        store(out, &values);
    }
}

#[inline(always)]
fn magnitude_row(window: Window<'_>, out: &mut [u8]) {
    for (block_index, out) in out.chunks_mut(BLOCK).enumerate() {
        let start = block_index * BLOCK;
        let n = neighbors(window, start);
        let mut values = [0u8; BLOCK];
        for (i, value) in values.iter_mut().enumerate() {
            let (gx, gy) = (i32::from(dx(&n, i)), i32::from(dy(&n, i)));
            *value = rounded_root(gx * gx + gy * gy);
        }
        store(out, &values);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::levels::{HEIGHT, WIDTH, same_at_all_levels};
    use crate::host::view::HostCode;
    use crate::image::ImageShape;
    use crate::image::SampleType;
    use std::sync::Arc;

    #[test]
    fn every_instruction_set_computes_the_same() {
        every_level::<3>();
        every_level::<5>();
        every_level::<7>();
    }

    fn every_level<const SIZE: usize>() {
        let args = |output| {
            move |src, dst| SobelArgs {
                src,
                dst,
                output,
                size: SIZE as u32,
            }
        };
        let shape = ImageShape::u8(WIDTH, HEIGHT, 1);
        let signed = ImageShape {
            sample: SampleType::I16,
            ..shape
        };
        for channels in [1, 3, 4] {
            same_at_all_levels("magnitude", channels, shape, args(0), |level| {
                Arc::new(HostCode(MagnitudeHost::<SIZE> { level }))
            });
            for along_x in [true, false] {
                let args = args(2 - u32::from(along_x));
                same_at_all_levels("derivative", channels, signed, args, |level| {
                    Arc::new(HostCode(DerivativeHost::<SIZE> { level, along_x }))
                });
            }
        }
    }
}
