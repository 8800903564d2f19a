//! The host executor of area resizes with f32 shares.

use super::area_rows::{AreaRows, ROWS};
use super::least_rows;
use crate::contract::stage::ResizeAxis;
use crate::host::scratch;
use crate::host::simd::{BLOCK, store, whole_blocks};
use crate::host::view::{Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::ResizeArgs;
use std::ops::Range;

/// The host executor of the area [`Resize`](crate::Resize) by factors that are not whole.
pub(crate) struct AreaHost {
    level: Level,
    rows: AreaRows,
    lines: ResizeAxis<f32>,
}

impl AreaHost {
    /// The executor for images of `channels` channels.
    pub(crate) fn new(
        level: Level,
        channels: usize,
        columns: ResizeAxis<f32>,
        lines: ResizeAxis<f32>,
    ) -> Self {
        AreaHost {
            level,
            rows: AreaRows::new(columns, channels),
            lines,
        }
    }
}

impl StripKernel for AreaHost {
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
        self.lines.positions(rows)
    }

    fn run(&self, args: &ResizeArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let (frame, level) = (strip.frame(), self.level);
        let samples = args.dst.width as usize * args.dst.channels as usize;
        let stride = whole_blocks(samples + self.rows.slack());
        let last = self.source_rows(args, strip.rows()).end - 1;
        let bytes = self.rows.scratch_bytes(args.src.width as usize);
        scratch::with_longs(bytes, (ROWS + 1) * stride, |bytes, floats| {
            let floats: &mut [f32] = bytemuck::cast_slice_mut(floats);
            let (total, sums) = floats.split_at_mut(stride);
            // The first of the rows of the source whose sums are kept.
            let mut kept = None;
            for y in strip.rows() {
                total[..samples].fill(0.0);
                let rows = self.lines.first(y)..;
                for (row, &weight) in rows.zip(self.lines.weights(y)) {
                    // A row without weight adds 0.
                    if weight == 0.0 {
                        continue;
                    }
                    let first = match kept {
                        Some(first) if (first..first + ROWS).contains(&row) => first,
                        _ => {
                            // Behind the last row of the strip its sums are made again, and not used.
                            let rows =
                                std::array::from_fn(|i| source.row(frame, (row + i).min(last)));
                            self.rows.sum(level, rows, bytes, sums, stride);
                            kept = Some(row);
                            row
                        }
                    };
                    let sums = &sums[(row - first) * stride..][..samples];
                    dispatch!(level, _ => add(sums, weight, &mut total[..samples]));
                }
                let out = strip.row(y);
                dispatch!(level, _ => round(total, out));
            }
        });
    }
}

/// Adds the weighted sums of a row.
#[inline(always)]
fn add(sums: &[f32], weight: f32, total: &mut [f32]) {
    for (total, sum) in total.iter_mut().zip(sums) {
        *total += sum * weight;
    }
}

/// Writes the sums rounded to integers, ties to even.
#[inline(always)]
fn round(total: &[f32], out: &mut [u8]) {
    /// The numbers from 2^23 to 2^24 are the integers among f32, so that the sum with it is rounded to an integer, ties to even, and has
    /// this integer in its lowest bits. The totals are at least 0, and at most 256: shares sum to little more than 1.
    const INTEGERS: f32 = 8_388_608.0;
    for (total, out) in total.chunks(BLOCK).zip(out.chunks_mut(BLOCK)) {
        let mut values = [0u8; BLOCK];
        for (value, total) in values.iter_mut().zip(total) {
            *value = ((total + INTEGERS).to_bits() & 0x1ff).min(255) as u8;
        }
        store(out, &values);
    }
}
