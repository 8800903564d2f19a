//! Colour conversions on the host. Pixels are independent, so the loops need no blocks: the compiler turns them into
//! vector loads, shuffles and stores by itself.

use super::view::{Source, Strip, StripKernel};
use crate::{ColorConversion, ImageParam, kernels::args::ColorArgs};
use fearless_simd::{Level, dispatch};

/// Bytes of output that are worth a strip.
const LEAST_BYTES: usize = 64 * 1024;

/// Host executor of [`Color`](crate::Color).
pub(crate) struct ColorHost {
    pub(crate) level: Level,
    pub(crate) conversion: ColorConversion,
}

impl StripKernel for ColorHost {
    type Args = ColorArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &ColorArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &ColorArgs) -> usize {
        let row_bytes = args.src.width as usize * args.src.channels as usize;
        LEAST_BYTES.div_ceil(row_bytes)
    }

    fn run(&self, _args: &ColorArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let frame = strip.frame();
        for y in strip.rows() {
            convert(
                self.level,
                self.conversion,
                source.row(frame, y),
                strip.row(y),
            );
        }
    }
}

/// Converts one row.
pub(super) fn convert(level: Level, conversion: ColorConversion, source: &[u8], target: &mut [u8]) {
    use ColorConversion::*;
    match conversion {
        RgbToGray => dispatch!(level, _ => gray::<3, 0, 2>(source, target)),
        BgrToGray => dispatch!(level, _ => gray::<3, 2, 0>(source, target)),
        RgbaToGray => dispatch!(level, _ => gray::<4, 0, 2>(source, target)),
        RgbToBgr | BgrToRgb => {
            dispatch!(level, _ => pixels(source, target, |&[a, b, c]: &[u8; 3]| [c, b, a]))
        }
        RgbaToRgb => {
            dispatch!(level, _ => pixels(source, target, |&[r, g, b, _]: &[u8; 4]| [r, g, b]))
        }
        RgbToRgba => {
            dispatch!(level, _ => pixels(source, target, |&[r, g, b]: &[u8; 3]| [r, g, b, 255]))
        }
        GrayToRgb => {
            dispatch!(level, _ => pixels(source, target, |&[v]: &[u8; 1]| [v, v, v]))
        }
    }
}

/// BT.601 luma with 15 fractional bits of pixels of `C` samples, with red at `R` and blue at `B`. The weights sum to
/// 2^15, so the result is at most 255.
#[inline(always)]
fn gray<const C: usize, const R: usize, const B: usize>(source: &[u8], target: &mut [u8]) {
    for (pixel, gray) in source.as_chunks::<C>().0.iter().zip(target) {
        let sum =
            9798 * u32::from(pixel[R]) + 19235 * u32::from(pixel[1]) + 3735 * u32::from(pixel[B]);
        *gray = ((sum + 16384) >> 15) as u8;
    }
}

/// Copies samples pixel by pixel.
#[inline(always)]
fn pixels<const S: usize, const T: usize>(
    source: &[u8],
    target: &mut [u8],
    convert: impl Fn(&[u8; S]) -> [u8; T],
) {
    let target = target.as_chunks_mut::<T>().0;
    for (source, target) in source.as_chunks::<S>().0.iter().zip(target) {
        *target = convert(source);
    }
}
