//! Rows of component samples to rows of pixels.

mod blocks;
pub(crate) mod cmyk;
mod interleave;

use super::lanes::in_longest;
use crate::file::color::ColorSpace;
use blocks::{Ycc, gray, inks_to_rgb};
use cmyk::Cmyk;
use fearless_simd::{Level, Simd, dispatch};
use interleave::interleave;

/// What the pixels are.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Output {
    /// Interleaved red, green, blue.
    #[default]
    Rgb,
    /// One sample, as OpenCV's `IMREAD_GRAYSCALE` makes it.
    Gray,
}

/// How samples become pixels.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Conversion {
    /// What the samples are.
    pub(crate) source: ColorSpace,
    /// What the pixels are.
    pub(crate) output: Output,
    /// The formula for RGB from CMYK. Gray from CMYK always goes through OpenCV's.
    pub(crate) cmyk: Cmyk,
}

impl Conversion {
    /// The samples of a pixel.
    pub(crate) fn channels(self) -> usize {
        match self.output {
            Output::Rgb => 3,
            Output::Gray => 1,
        }
    }

    /// The first components, as many as are read.
    pub(crate) fn components(self) -> usize {
        match (self.source, self.output) {
            (ColorSpace::Gray, _) | (ColorSpace::YCbCr, Output::Gray) => 1,
            (ColorSpace::YCbCr | ColorSpace::Rgb, _) => 3,
            (ColorSpace::Cmyk | ColorSpace::Ycck, _) => 4,
        }
    }
}

/// The pixels that a loop makes at once.
const BLOCK: usize = 64;

/// One sample of each pixel of a block.
type Samples = [u8; BLOCK];

/// Makes a row of pixels, as many as `out` has room for. Of the rows that are read, each must have whole blocks of 64 samples.
pub(in crate::samples) fn convert(
    level: Level,
    conversion: Conversion,
    rows: [&[u8]; 4],
    out: &mut [u8],
) {
    if conversion.components() == 1 && conversion.output == Output::Gray {
        out.copy_from_slice(&rows[0][..out.len()]);
        return;
    }
    dispatch!(level, simd => convert_row(simd, conversion, rows, out));
}

#[inline(always)]
fn convert_row<S: Simd>(simd: S, conversion: Conversion, rows: [&[u8]; 4], out: &mut [u8]) {
    let rows = rows.map(|row| row.as_chunks().0);
    match conversion.output {
        Output::Rgb => {
            let (whole, rest) = out.as_chunks_mut();
            for (n, out) in whole.iter_mut().enumerate() {
                interleave(
                    simd,
                    &to_rgb(simd, conversion, conversion.cmyk, rows, n),
                    out,
                );
            }
            if !rest.is_empty() {
                let mut last = [0; 3 * BLOCK];
                let rgb = to_rgb(simd, conversion, conversion.cmyk, rows, whole.len());
                interleave(simd, &rgb, &mut last);
                rest.copy_from_slice(&last[..rest.len()]);
            }
        }
        Output::Gray => {
            // OpenCV weighs the samples of RGB files and those that come from inks with different precision.
            let (weights, shift) = match conversion.source {
                ColorSpace::Cmyk | ColorSpace::Ycck => ([4899, 9617, 1868], 14),
                _ => ([19595, 38470, 7471], 16),
            };
            for (n, out) in out.chunks_mut(BLOCK).enumerate() {
                let rgb = to_rgb(simd, conversion, Cmyk::OpenCv, rows, n);
                out.copy_from_slice(&gray(weights, shift, &rgb)[..out.len()]);
            }
        }
    }
}

/// Red, green and blue of block `n` of the rows.
#[inline(always)]
fn to_rgb<S: Simd>(
    simd: S,
    conversion: Conversion,
    cmyk: Cmyk,
    rows: [&[Samples]; 4],
    n: usize,
) -> [Samples; 3] {
    let first = &rows[0][n];
    match conversion.source {
        ColorSpace::Gray => [*first; 3],
        ColorSpace::Rgb => [*first, rows[1][n], rows[2][n]],
        ColorSpace::YCbCr => ycc_to_rgb(simd, rows, n),
        ColorSpace::Cmyk => inks_to_rgb(cmyk, &[*first, rows[1][n], rows[2][n]], &rows[3][n]),
        ColorSpace::Ycck => {
            let mut inks = ycc_to_rgb(simd, rows, n);
            for sample in inks.as_flattened_mut() {
                *sample = 255 - *sample;
            }
            inks_to_rgb(cmyk, &inks, &rows[3][n])
        }
    }
}

#[inline(always)]
fn ycc_to_rgb<S: Simd>(simd: S, rows: [&[Samples]; 4], n: usize) -> [Samples; 3] {
    let ycc = Ycc {
        y: &rows[0][n],
        cb: &rows[1][n],
        cr: &rows[2][n],
    };
    in_longest(simd, ycc)
}
