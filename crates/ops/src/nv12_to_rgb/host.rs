//! The host executor of `nv12_to_rgb`.

use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::Nv12Args;
use std::ops::Range;

/// The fewest bytes of output that are worth a strip of their own.
const LEAST_BYTES: usize = 64 * 1024;

/// The host executor of [`Nv12ToRgb`](crate::Nv12ToRgb).
pub(crate) struct Nv12Host {
    pub(crate) level: Level,
}

impl StripKernel for Nv12Host {
    type Args = Nv12Args;
    type Source = u8;
    type Target = u8;

    fn images(args: &Nv12Args) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &Nv12Args) -> usize {
        LEAST_BYTES.div_ceil(3 * args.dst.width as usize)
    }

    fn source_rows(&self, args: &Nv12Args, rows: Range<usize>) -> Range<usize> {
        // The rows of luma come first, then the rows of chroma.
        rows.start..args.dst.height as usize + (rows.end - 1) / 2 + 1
    }

    fn run(&self, args: &Nv12Args, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let (frame, height) = (strip.frame(), args.dst.height as usize);
        for y in strip.rows() {
            let (luma, chroma) = (source.row(frame, y), source.row(frame, height + y / 2));
            let out = strip.row(y);
            dispatch!(self.level, _ => convert(luma, chroma, out));
        }
    }
}

/// Converts a row, in pairs of pixels that share their chroma samples.
#[inline(always)]
fn convert(luma: &[u8], chroma: &[u8], out: &mut [u8]) {
    let (luma, chroma) = (luma.as_chunks::<2>().0, chroma.as_chunks::<2>().0);
    for ((out, luma), chroma) in out.as_chunks_mut::<6>().0.iter_mut().zip(luma).zip(chroma) {
        let (u, v) = (i32::from(chroma[0]) - 128, i32::from(chroma[1]) - 128);
        for i in 0..2 {
            let y = (i32::from(luma[i]) - 16).max(0) * 1_220_542 + (1 << 19);
            let sample = |value: i32| (value >> 20).clamp(0, 255) as u8;
            out[3 * i] = sample(y + 1_673_527 * v);
            out[3 * i + 1] = sample(y - 852_492 * v - 409_993 * u);
            out[3 * i + 2] = sample(y + 2_116_026 * u);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::levels::{WIDTH, same_at_all_levels};
    use crate::host::view::HostCode;
    use crate::image::ImageShape;
    use std::sync::Arc;

    #[test]
    fn every_instruction_set_computes_the_same() {
        // 22 rows hold 14 of Y and 7 of UV; of an odd width the last pixel is left alone.
        let rgb = ImageShape::u8(WIDTH, 14, 3);
        let args = |src, dst| Nv12Args { src, dst };
        same_at_all_levels("nv12", 1, rgb, args, |level| {
            Arc::new(HostCode(Nv12Host { level }))
        });
    }
}
