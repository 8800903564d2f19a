//! The host executor of area resizes by whole factors.

use super::least_rows;
use crate::host::scratch;
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::ResizeArgs;
use std::ops::Range;

/// The host executor of the area [`Resize`](crate::Resize) by whole factors.
pub(crate) struct BlocksHost {
    pub(crate) level: Level,
}

impl StripKernel for BlocksHost {
    type Args = ResizeArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &ResizeArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &ResizeArgs) -> usize {
        least_rows(args)
    }

    fn source_rows(&self, args: &ResizeArgs, rows: Range<usize>) -> Range<usize> {
        let lines = args.line_taps as usize;
        lines * rows.start..lines * rows.end
    }

    fn run(&self, args: &ResizeArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let (frame, level) = (strip.frame(), self.level);
        let (columns, lines) = (args.column_taps as usize, args.line_taps as usize);
        let samples = args.src.width as usize * args.src.channels as usize;
        let factor = 1.0 / (columns * lines) as f32;
        scratch::with_longs(0, samples, |_, sums| {
            for y in strip.rows() {
                for line in 0..lines {
                    let row = source.row(frame, y * lines + line);
                    dispatch!(level, _ => add_row(row, sums, line == 0));
                }
                let out = strip.row(y);
                match args.dst.channels {
                    1 => dispatch!(level, _ => means::<1>(sums, columns, factor, out)),
                    3 => dispatch!(level, _ => means::<3>(sums, columns, factor, out)),
                    _ => dispatch!(level, _ => means::<4>(sums, columns, factor, out)),
                }
            }
        });
    }
}

/// Adds a row to the sums, or begins new ones with it.
#[inline(always)]
fn add_row(row: &[u8], sums: &mut [u32], is_first: bool) {
    for (sum, &sample) in sums.iter_mut().zip(row) {
        let before = if is_first { 0 } else { *sum };
        *sum = before + u32::from(sample);
    }
}

/// Writes the means of `columns` neighboring sums of each channel.
#[inline(always)]
fn means<const C: usize>(sums: &[u32], columns: usize, factor: f32, out: &mut [u8]) {
    let pixels = sums.as_chunks::<C>().0;
    for (block, out) in pixels.chunks_exact(columns).zip(out.as_chunks_mut::<C>().0) {
        let mut sums = [0u64; C];
        for pixel in block {
            for c in 0..C {
                sums[c] += u64::from(pixel[c]);
            }
        }
        for c in 0..C {
            out[c] = (sums[c] as f32 * factor).round_ties_even() as u8;
        }
    }
}
