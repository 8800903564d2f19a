//! The host executor of `color`.
//!
//! Gray is a simple loop, which the compiler vectorizes. It does not vectorize loops that store three samples per pixel, so that
//! the conversions that copy samples are written as byte shuffles.

use crate::color::{ColorConversion, ColorLike};
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch, u8x16};
use pixelflume_kernels::args::ColorArgs;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 64 * 1024;

/// The host executor of [`Color`](crate::Color).
pub(crate) struct ColorHost {
    pub(crate) level: Level,
    pub(crate) conversion: ColorConversion,
    pub(crate) like: ColorLike,
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

    fn halo(&self, _args: &ColorArgs) -> Option<usize> {
        Some(0)
    }

    fn run(&self, _args: &ColorArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let frame = strip.frame();
        for y in strip.rows() {
            convert(
                self.level,
                (self.conversion, self.like),
                source.row(frame, y),
                strip.row(y),
            );
        }
    }
}

/// Converts one row; `like` is the library whose gray is made.
pub(crate) fn convert(
    level: Level,
    (conversion, like): (ColorConversion, ColorLike),
    source: &[u8],
    target: &mut [u8],
) {
    let (from, to) = (conversion.source_channels(), conversion.target_channels());
    let blue_first = conversion.formats().0.blue_first();
    match (from, to, conversion.swaps()) {
        (3, 1, _) if !blue_first => gray::<3, 0, 2>(level, like, source, target),
        (3, 1, _) => gray::<3, 2, 0>(level, like, source, target),
        (_, 1, _) if !blue_first => gray::<4, 0, 2>(level, like, source, target),
        (_, 1, _) => gray::<4, 2, 0>(level, like, source, target),
        (1, 3, _) => dispatch!(level, simd => copy::<_, 1, 3>(simd, source, target, [0, 0, 0])),
        (1, ..) => {
            dispatch!(level, simd => copy::<_, 1, 4>(simd, source, target, [0, 0, 0, OPAQUE]))
        }
        (3, 3, _) => dispatch!(level, simd => copy::<_, 3, 3>(simd, source, target, [2, 1, 0])),
        (3, _, false) => {
            dispatch!(level, simd => copy::<_, 3, 4>(simd, source, target, [0, 1, 2, OPAQUE]))
        }
        (3, _, true) => {
            dispatch!(level, simd => copy::<_, 3, 4>(simd, source, target, [2, 1, 0, OPAQUE]))
        }
        (_, 3, false) => dispatch!(level, simd => copy::<_, 4, 3>(simd, source, target, [0, 1, 2])),
        (_, 3, true) => dispatch!(level, simd => copy::<_, 4, 3>(simd, source, target, [2, 1, 0])),
        (..) => dispatch!(level, simd => copy::<_, 4, 4>(simd, source, target, [2, 1, 0, 3])),
    }
}

/// Converts a row to gray: pixels of `C` samples, with red at `R` and blue at `B`.
fn gray<const C: usize, const R: usize, const B: usize>(
    level: Level,
    like: ColorLike,
    source: &[u8],
    target: &mut [u8],
) {
    match like.weights() {
        Some(weights) => {
            dispatch!(level, _ => weighted::<C, R, B>(weights.map(u32::from), source, target));
        }
        None => dispatch!(level, _ => torchvision::<C, R, B>(source, target)),
    }
}

/// Gray of weights in 2^-16. They sum to 2^16, so that the result is at most 255.
#[inline(always)]
fn weighted<const C: usize, const R: usize, const B: usize>(
    [red, green, blue]: [u32; 3],
    source: &[u8],
    target: &mut [u8],
) {
    for (pixel, gray) in source.as_chunks::<C>().0.iter().zip(target) {
        let sum =
            red * u32::from(pixel[R]) + green * u32::from(pixel[1]) + blue * u32::from(pixel[B]);
        *gray = ((sum + (1 << 15)) >> 16) as u8;
    }
}

/// torchvision's gray, which is at most 254.98.
#[inline(always)]
fn torchvision<const C: usize, const R: usize, const B: usize>(source: &[u8], target: &mut [u8]) {
    for (pixel, gray) in source.as_chunks::<C>().0.iter().zip(target) {
        let [r, g, b] = [pixel[R], pixel[1], pixel[B]].map(f32::from);
        *gray = b.mul_add(0.114, g.mul_add(0.587, r * 0.2989)) as u8;
    }
}

/// The source of a sample that is 255: a new alpha.
const OPAQUE: usize = usize::MAX;
/// Samples that one shuffle writes.
const BYTES: usize = 16;

/// Makes pixels of `T` samples from pixels of `F`: sample `c` is sample `order[c]` of the source.
#[inline(always)]
fn copy<S: Simd, const F: usize, const T: usize>(
    simd: S,
    source: &[u8],
    target: &mut [u8],
    order: [usize; T],
) {
    // Whole pixels that one shuffle writes. The next shuffle overwrites the rest of its bytes.
    let step = BYTES / F.max(T);
    let mut indices = [0; BYTES];
    let mut opaque = [0; BYTES];
    for i in 0..step * T {
        match order[i % T] {
            OPAQUE => opaque[i] = 255,
            sample => indices[i] = (i / T * F + sample) as u8,
        }
    }
    let indices = u8x16::from_slice(simd, &indices);
    let opaque = u8x16::from_slice(simd, &opaque);

    let pixels = target.len() / T;
    let mut first = 0;
    while first * F + BYTES <= source.len() && first * T + BYTES <= target.len() {
        let bytes = u8x16::from_slice(simd, &source[first * F..first * F + BYTES]);
        let copied = bytes.swizzle_dyn(indices) | opaque;
        copied.store_slice(&mut target[first * T..first * T + BYTES]);
        first += step;
    }
    for pixel in first..pixels {
        for c in 0..T {
            target[pixel * T + c] = match order[c] {
                OPAQUE => 255,
                sample => source[pixel * F + sample],
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::levels::{HEIGHT, WIDTH, same_at_all_levels};
    use crate::host::view::HostCode;
    use crate::image::ImageShape;
    use std::sync::Arc;

    #[test]
    fn every_instruction_set_computes_the_same() {
        for conversion in ColorConversion::ALL {
            for like in ColorLike::ALL {
                same_at_all_levels(
                    conversion.name(),
                    conversion.source_channels(),
                    ImageShape::u8(WIDTH, HEIGHT, conversion.target_channels()),
                    |src, dst| ColorArgs {
                        src,
                        dst,
                        conversion: conversion as u32,
                        like: like as u32,
                    },
                    |level| {
                        Arc::new(HostCode(ColorHost {
                            level,
                            conversion,
                            like,
                        }))
                    },
                );
            }
        }
    }
}
