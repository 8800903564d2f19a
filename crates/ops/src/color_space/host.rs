//! The host executor of `color_space`.

use super::conversion::{ColorSpaceConversion, Space};
use super::pixel::{
    Convert, HlsToRgb, HsvToRgb, LabToRgb, LumaToRgb, Matrix, RgbToHls, RgbToHsv, RgbToLab,
    RgbToLuma,
};
use super::tables::{range, tables};
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::ColorSpaceArgs;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 16 * 1024;

/// The host executor of [`ColorSpace`](crate::ColorSpace).
pub(crate) struct ColorSpaceHost {
    pub(crate) level: Level,
    pub(crate) conversion: ColorSpaceConversion,
}

impl StripKernel for ColorSpaceHost {
    type Args = ColorSpaceArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &ColorSpaceArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &ColorSpaceArgs) -> usize {
        LEAST_BYTES.div_ceil(3 * args.dst.width as usize)
    }

    fn halo(&self, _args: &ColorSpaceArgs) -> Option<usize> {
        Some(0)
    }

    fn run(&self, _args: &ColorSpaceArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let conversion = self.conversion;
        let space = conversion.space();
        let tables = tables(space, conversion.makes_rgb());
        match (space, conversion.makes_rgb()) {
            (Space::Hsv | Space::HsvFull, false) => {
                let range = range(space) as i32;
                self.rows(source, strip, RgbToHsv { tables, range });
            }
            (Space::Hsv, true) => {
                let sectors = 6.0 / 180.0;
                self.rows(source, strip, HsvToRgb { sectors });
            }
            (Space::HsvFull, true) => {
                let sectors = 6.0 / 255.0;
                self.rows(source, strip, HsvToRgb { sectors });
            }
            (Space::Hls, false) => self.rows(source, strip, RgbToHls),
            (Space::Hls, true) => self.rows(source, strip, HlsToRgb),
            (Space::YCrCb, false) => {
                self.rows(source, strip, RgbToLuma::<11682, 9241, false>);
            }
            (Space::YCrCb, true) => {
                let back = LumaToRgb::<22987, -11698, -5636, 29049, false>;
                self.rows(source, strip, back);
            }
            (Space::Yuv, false) => self.rows(source, strip, RgbToLuma::<14369, 8061, true>),
            (Space::Yuv, true) => {
                let back = LumaToRgb::<18678, -9519, -6472, 33292, true>;
                self.rows(source, strip, back);
            }
            (Space::Xyz, false) => {
                let rows = [[1689, 1465, 739], [871, 2929, 296], [79, 488, 3892]];
                self.rows(source, strip, Matrix(rows));
            }
            (Space::Xyz, true) => {
                let rows = [[13273, -6296, -2042], [-3970, 7684, 170], [228, -836, 4331]];
                self.rows(source, strip, Matrix(rows));
            }
            (Space::Lab | Space::LinearLab, false) => {
                self.rows(source, strip, RgbToLab { tables });
            }
            (Space::Lab | Space::LinearLab, true) => {
                self.rows(source, strip, LabToRgb { tables });
            }
        }
    }
}

impl ColorSpaceHost {
    /// Converts the rows of a strip.
    fn rows(&self, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>, convert: impl Convert) {
        let (frame, conversion) = (strip.frame(), self.conversion);
        let blue_first = conversion.blue_first();
        let (before, after) = match conversion.makes_rgb() {
            true => (false, blue_first),
            false => (blue_first, false),
        };
        for y in strip.rows() {
            let (row, out) = (source.row(frame, y), strip.row(y));
            dispatch!(self.level, _ => pixels(convert, (before, after), row, out));
        }
    }
}

/// Converts a row; red and blue change places before or after the conversion.
#[inline(always)]
fn pixels(convert: impl Convert, (before, after): (bool, bool), row: &[u8], out: &mut [u8]) {
    for (pixel, out) in row
        .as_chunks::<3>()
        .0
        .iter()
        .zip(out.as_chunks_mut::<3>().0)
    {
        let mut samples = *pixel;
        if before {
            samples.swap(0, 2);
        }
        samples = convert.convert(samples);
        if after {
            samples.swap(0, 2);
        }
        *out = samples;
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
        for conversion in ColorSpaceConversion::ALL {
            same_at_all_levels(
                conversion.name(),
                3,
                ImageShape::u8(WIDTH, HEIGHT, 3),
                |src, dst| ColorSpaceArgs {
                    src,
                    dst,
                    tables: 0,
                    conversion: conversion.number(),
                    blue_first: u32::from(conversion.blue_first()),
                },
                |level| Arc::new(HostCode(ColorSpaceHost { level, conversion })),
            );
        }
    }
}
