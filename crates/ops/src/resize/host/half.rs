//! The host executor of bilinear resizes to exactly half the width and height.

use super::least_rows;
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::ResizeArgs;
use std::ops::Range;

/// The host executor of the bilinear [`Resize`](crate::Resize) to exactly half the size.
pub(crate) struct HalfHost {
    pub(crate) level: Level,
}

impl StripKernel for HalfHost {
    type Args = ResizeArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &ResizeArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &ResizeArgs) -> usize {
        least_rows(args)
    }

    fn source_rows(&self, _args: &ResizeArgs, rows: Range<usize>) -> Range<usize> {
        2 * rows.start..2 * rows.end
    }

    fn run(&self, args: &ResizeArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let frame = strip.frame();
        for y in strip.rows() {
            let (a, b) = (source.row(frame, 2 * y), source.row(frame, 2 * y + 1));
            let out = strip.row(y);
            match args.dst.channels {
                1 => dispatch!(self.level, _ => halve::<1, 2>(a, b, out)),
                3 => dispatch!(self.level, _ => halve::<3, 6>(a, b, out)),
                _ => dispatch!(self.level, _ => halve::<4, 8>(a, b, out)),
            }
        }
    }
}

/// Computes a row of rounded means of 2x2 blocks, with `C` channels and `P = 2 * C` samples in a pair of pixels.
#[inline(always)]
fn halve<const C: usize, const P: usize>(top: &[u8], bottom: &[u8], out: &mut [u8]) {
    let pairs = top.as_chunks::<P>().0.iter().zip(bottom.as_chunks::<P>().0);
    for ((a, b), out) in pairs.zip(out.as_chunks_mut::<C>().0) {
        for c in 0..C {
            let sum = u16::from(a[c]) + u16::from(a[C + c]) + u16::from(b[c]) + u16::from(b[C + c]);
            out[c] = ((sum + 2) >> 2) as u8;
        }
    }
}
