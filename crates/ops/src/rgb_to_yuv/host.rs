//! The host executor of `rgb_to_yuv`.

use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use crate::yuv::FromRgb;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::RgbToYuvArgs;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 32 * 1024;

/// The host executor of [`RgbToYuv`](super::RgbToYuv).
pub(crate) struct RgbToYuvHost {
    pub(crate) level: Level,
    pub(crate) planar: bool,
    pub(crate) weights: FromRgb,
}

impl StripKernel for RgbToYuvHost {
    type Args = RgbToYuvArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &RgbToYuvArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &RgbToYuvArgs) -> usize {
        LEAST_BYTES.div_ceil(args.dst.width as usize)
    }

    fn run(&self, args: &RgbToYuvArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let (frame, level) = (strip.frame(), self.level);
        let (width, height) = (args.src.width as usize, args.src.height as usize);
        let FromRgb { black, luma, u, v } = self.weights;
        for y in strip.rows() {
            let out = strip.row(y);
            let Some(row) = y.checked_sub(height) else {
                let pixels = source.row(frame, y);
                dispatch!(level, _ => convert::<3, 1>(luma, black, pixels, out));
                continue;
            };
            if self.planar {
                // Two rows of U or V.
                for (half, out) in out.chunks_exact_mut(width / 2).enumerate() {
                    let row = 2 * row + half;
                    let (weights, row) = match row.checked_sub(height / 2) {
                        None => (u, row),
                        Some(row) => (v, row),
                    };
                    let pixels = source.row(frame, 2 * row);
                    dispatch!(level, _ => convert::<6, 1>(weights, 128, pixels, out));
                }
            } else {
                let pixels = source.row(frame, 2 * row);
                dispatch!(level, _ => {
                    convert::<6, 2>(u, 128, pixels, out);
                    convert::<6, 2>(v, 128, pixels, &mut out[1..]);
                });
            }
        }
    }
}

/// Makes a sample of the pixel that begins each `FROM` bytes, and writes it to the first of each `TO` bytes.
#[inline(always)]
fn convert<const FROM: usize, const TO: usize>(
    weights: [i32; 3],
    offset: i32,
    pixels: &[u8],
    out: &mut [u8],
) {
    let offset = (1 << 19) + (offset << 20);
    for (out, pixel) in out.iter_mut().step_by(TO).zip(pixels.as_chunks::<FROM>().0) {
        let [red, green, blue] = [pixel[0], pixel[1], pixel[2]].map(i32::from);
        let sum = weights[0] * red + weights[1] * green + weights[2] * blue;
        // Chroma of full range reaches 255.5, which would be rounded to 256.
        *out = ((sum + offset) >> 20).min(255) as u8;
    }
}
