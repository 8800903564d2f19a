//! The host executor of bilinear resizes. It keeps the two rows of horizontal sums between which an output row lies.

use super::columns::{Columns, SLACK};
use super::least_rows;
use crate::contract::stage::Tap;
use crate::host::scratch;
use crate::host::simd::{BLOCK, block, store, whole_blocks};
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::ResizeArgs;
use std::ops::Range;

/// The host executor of the bilinear [`Resize`](crate::Resize).
pub(crate) struct BilinearHost {
    level: Level,
    columns: Columns,
    lines: Vec<Tap>,
}

impl BilinearHost {
    /// The executor for source rows of `width` pixels with `channels` samples, and the taps of the columns and rows of the output.
    pub(crate) fn new(
        level: Level,
        width: usize,
        channels: usize,
        columns: &[Tap],
        lines: &[Tap],
    ) -> Self {
        BilinearHost {
            level,
            columns: Columns::new(columns, width, channels),
            lines: lines.to_vec(),
        }
    }
}

impl StripKernel for BilinearHost {
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
        // The indices never decrease.
        let lines = &self.lines[rows];
        lines[0].index0 as usize..lines[lines.len() - 1].index1 as usize + 1
    }

    fn run(&self, args: &ResizeArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let frame = strip.frame();
        let samples = args.dst.width as usize * args.dst.channels as usize;
        let stride = whole_blocks(samples) + SLACK;
        scratch::with(0, 2 * stride, |_, sums| {
            let (first, second) = sums.split_at_mut(stride);
            let mut cache = [(None, first), (None, second)];
            for y in strip.rows() {
                let line = self.lines[y];
                let (top, bottom) = (line.index0 as usize, line.index1 as usize);
                // A row without weight adds nothing, so that the other row can take its place.
                let bottom = if line.weight1 == 0 { top } else { bottom };
                let top = if line.weight0 == 0 { bottom } else { top };
                for (wanted, other) in [(top, bottom), (bottom, top)] {
                    if cache.iter().all(|(row, _)| *row != Some(wanted)) {
                        let slot = usize::from(cache[0].0 == Some(other));
                        let row = source.row(frame, wanted);
                        self.columns.sum(self.level, row, cache[slot].1);
                        cache[slot].0 = Some(wanted);
                    }
                }
                let sums = |wanted| match cache[0].0 == Some(wanted) {
                    true => &*cache[0].1,
                    false => &*cache[1].1,
                };
                vertical(self.level, line, sums(top), sums(bottom), strip.row(y));
            }
        });
    }
}

/// The vertical pass: `((w0 * (H0 >> 4)) >> 16) + ((w1 * (H1 >> 4)) >> 16) + 2) >> 2`, with the upper halves of 16-bit products.
fn vertical(level: Level, line: Tap, top: &[u16], bottom: &[u16], out: &mut [u8]) {
    let weights = (line.weight0 as u16, line.weight1 as u16);
    dispatch!(level, _ => vertical_row(weights, top, bottom, out));
}

#[inline(always)]
fn vertical_row((w0, w1): (u16, u16), top: &[u16], bottom: &[u16], out: &mut [u8]) {
    let upper = |sum: u16, weight: u16| ((u32::from(sum) * u32::from(weight)) >> 16) as u16;
    for (block_index, out) in out.chunks_mut(BLOCK).enumerate() {
        let start = block_index * BLOCK;
        let (top, bottom) = (block(top, start), block(bottom, start));
        let mut values = [0u8; BLOCK];
        for i in 0..BLOCK {
            let sum = upper(top[i], w0) + upper(bottom[i], w1) + 2;
            values[i] = (sum >> 2).min(255) as u8;
        }
        store(out, &values);
    }
}
