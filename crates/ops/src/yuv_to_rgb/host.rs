//! The host executor of `yuv_to_rgb`.

use super::format::YuvFormat;
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use crate::yuv::ToRgb;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::YuvToRgbArgs;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 64 * 1024;

/// The host executor of [`YuvToRgb`](super::YuvToRgb).
pub(crate) struct YuvHost {
    pub(crate) level: Level,
    pub(crate) format: YuvFormat,
    pub(crate) weights: ToRgb,
}

/// The bytes of a row of pixels: those of Y, U and V, which may be parts of one row.
struct Row<'a> {
    y: &'a [u8],
    u: &'a [u8],
    v: &'a [u8],
}

impl YuvHost {
    /// Row `y` of an image of `height` rows of `width` pixels.
    fn row<'a>(
        &self,
        source: &'a Source<'_, u8>,
        frame: usize,
        (width, height): (usize, usize),
        y: usize,
    ) -> Row<'a> {
        let luma = source.row(frame, y);
        // Of two rows of a plane in one row of the image the first or the second.
        let half =
            |n: usize| &source.row(frame, height + n / 2)[n % 2 * (width / 2)..][..width / 2];
        let pairs = || source.row(frame, height + y / 2);
        let (u, v) = match self.format {
            YuvFormat::Nv12 => (pairs(), &pairs()[1..]),
            YuvFormat::Nv21 => (&pairs()[1..], pairs()),
            YuvFormat::I420 => (half(y / 2), half(height / 2 + y / 2)),
            YuvFormat::Yuyv => (&luma[1..], &luma[3..]),
            YuvFormat::P010 => (pairs(), &pairs()[2..]),
        };
        Row { y: luma, u, v }
    }
}

impl StripKernel for YuvHost {
    type Args = YuvToRgbArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &YuvToRgbArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &YuvToRgbArgs) -> usize {
        LEAST_BYTES.div_ceil(3 * args.dst.width as usize)
    }

    fn run(&self, args: &YuvToRgbArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let size = (args.dst.width as usize, args.dst.height as usize);
        let (frame, weights) = (strip.frame(), &self.weights);
        for y in strip.rows() {
            let row = self.row(source, frame, size, y);
            let out = strip.row(y);
            dispatch!(self.level, _ => match self.format {
                YuvFormat::Nv12 | YuvFormat::Nv21 => convert::<1, 1, 2>(weights, &row, out),
                YuvFormat::I420 => convert::<1, 1, 1>(weights, &row, out),
                YuvFormat::Yuyv => convert::<1, 2, 4>(weights, &row, out),
                YuvFormat::P010 => convert::<2, 2, 4>(weights, &row, out),
            });
        }
    }
}

/// Converts a row, in pairs of pixels that share their chroma samples. A sample has `BYTES` bytes; the next sample of luma is `LUMA` bytes
/// behind it, and that of chroma `CHROMA` bytes.
#[inline(always)]
fn convert<const BYTES: usize, const LUMA: usize, const CHROMA: usize>(
    weights: &ToRgb,
    row: &Row<'_>,
    out: &mut [u8],
) {
    let bits = if BYTES == 2 { 10 } else { 8 };
    let (digits, gray) = (bits + 12, 1 << (bits - 1));
    let pairs = row
        .y
        .chunks_exact(2 * LUMA)
        .zip(row.u.chunks(CHROMA))
        .zip(row.v.chunks(CHROMA));
    for (out, ((luma, u), v)) in out.as_chunks_mut::<6>().0.iter_mut().zip(pairs) {
        let (u, v) = (sample::<BYTES>(u) - gray, sample::<BYTES>(v) - gray);
        let chroma = [
            weights.red * v,
            weights.green_u * u + weights.green_v * v,
            weights.blue * u,
        ];
        for i in 0..2 {
            let luma = sample::<BYTES>(&luma[i * LUMA..]);
            let luma = (luma - weights.black).max(0) * weights.luma + (1 << (digits - 1));
            for (c, chroma) in chroma.into_iter().enumerate() {
                out[3 * i + c] = if BYTES == 2 {
                    // The sum can exceed 2^31.
                    ((i64::from(luma) + i64::from(chroma)) >> digits).clamp(0, 255) as u8
                } else {
                    ((luma + chroma) >> digits).clamp(0, 255) as u8
                };
            }
        }
    }
}

/// The sample that these bytes begin with: a byte, or the upper 10 bits of two.
#[inline(always)]
fn sample<const BYTES: usize>(bytes: &[u8]) -> i32 {
    match BYTES {
        2 => i32::from(u16::from_le_bytes([bytes[0], bytes[1]]) >> 6),
        _ => bytes[0].into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::levels::{WIDTH, same_at_all_levels};
    use crate::host::view::HostCode;
    use crate::image::ImageShape;
    use crate::yuv::YuvCoding;
    use std::sync::Arc;

    #[test]
    fn every_instruction_set_computes_the_same() {
        for format in YuvFormat::ALL {
            // The source has 22 rows of 201 bytes.
            let width = WIDTH / format.row_bytes() / 2 * 2;
            let height = if format.has_planes() { 14 } else { 22 };
            let rgb = ImageShape::u8(width, height, 3);
            let weights = YuvCoding::default().to_rgb(format.bits());
            let args = |src, dst| super::super::args(format, &weights, src, dst);
            same_at_all_levels(format.name(), 1, rgb, args, |level| {
                Arc::new(HostCode(YuvHost {
                    level,
                    format,
                    weights,
                }))
            });
        }
    }
}
