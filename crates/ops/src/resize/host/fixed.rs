//! The host executor of resizes with integer weights. It keeps the horizontal sums of the rows that an output row is made of.

use super::fixed_columns::{FixedColumns, SLACK};
use super::least_rows;
use crate::contract::stage::ResizeAxis;
use crate::host::scratch;
use crate::host::simd::{BLOCK, block, store, whole_blocks};
use crate::host::view::{ROWS_PER_RECOMPUTED_ROW, Source, Strip, StripKernel};
use crate::image::ImageParam;
use fearless_simd::{Level, dispatch};
use pixelflume_kernels::args::ResizeArgs;
use std::ops::Range;

/// The most taps of an axis.
const MOST_TAPS: usize = 8;

/// The host executor of the [`Resize`](crate::Resize) with integer weights: linear_exact, cubic and lanczos4.
pub(crate) struct FixedHost {
    level: Level,
    columns: FixedColumns,
    lines: ResizeAxis<i32>,
    shift: u32,
}

impl FixedHost {
    /// The executor for source rows of `width` pixels with `channels` samples.
    ///
    /// # Panics
    /// When an axis has more than 8 taps.
    pub(crate) fn new(
        level: Level,
        (width, channels): (usize, usize),
        columns: &ResizeAxis<i32>,
        lines: ResizeAxis<i32>,
        shift: u32,
    ) -> Self {
        assert!(columns.taps.max(lines.taps) <= MOST_TAPS, "too many taps");
        FixedHost {
            level,
            columns: FixedColumns::new(columns, width, channels),
            lines,
            shift,
        }
    }
}

impl StripKernel for FixedHost {
    type Args = ResizeArgs;
    type Source = u8;
    type Target = u8;

    fn images(args: &ResizeArgs) -> (&ImageParam, &ImageParam) {
        (&args.src, &args.dst)
    }

    fn least_rows(&self, args: &ResizeArgs) -> usize {
        least_rows(args).max(ROWS_PER_RECOMPUTED_ROW * self.recomputed_rows(args))
    }

    fn source_rows(&self, _args: &ResizeArgs, rows: Range<usize>) -> Range<usize> {
        self.lines.positions(rows)
    }

    fn recomputed_rows(&self, _args: &ResizeArgs) -> usize {
        self.lines.taps - 1
    }

    fn run(&self, args: &ResizeArgs, source: &Source<'_, u8>, strip: &mut Strip<'_, u8>) {
        let (frame, taps) = (strip.frame(), self.lines.taps);
        let samples = args.dst.width as usize * args.dst.channels as usize;
        let stride = whole_blocks(samples) + SLACK;
        scratch::with_longs(0, taps * stride, |_, sums| {
            let sums: &mut [i32] = bytemuck::cast_slice_mut(sums);
            // Row `y` of the source has the sums `y % taps`, so that consecutive rows have different ones.
            let mut cached = [None; MOST_TAPS];
            for y in strip.rows() {
                let (first, weights) = (self.lines.first(y), self.lines.weights(y));
                let rows = first..first + taps;
                for (row, &weight) in rows.clone().zip(weights) {
                    let slot = row % taps;
                    if weight != 0 && cached[slot] != Some(row) {
                        let sums = &mut sums[slot * stride..][..stride];
                        self.columns.sum(self.level, source.row(frame, row), sums);
                        cached[slot] = Some(row);
                    }
                }
                let (level, shift, out) = (self.level, self.shift, strip.row(y));
                let row = |tap: usize| &sums[(first + tap) % taps * stride..][..stride];
                match taps {
                    8 => vertical::<8>(level, row, weights, shift, out),
                    4 => vertical::<4>(level, row, weights, shift, out),
                    2 => vertical::<2>(level, row, weights, shift, out),
                    _ => vertical_few(taps, row, weights, shift, out),
                }
            }
        });
    }
}

/// The vertical pass of `N` rows of sums: `clamp((2^(shift - 1) + sum) >> shift, 0, 255)`.
fn vertical<'a, const N: usize>(
    level: Level,
    row: impl Fn(usize) -> &'a [i32],
    weights: &[i32],
    shift: u32,
    out: &mut [u8],
) {
    let mut rows: [&[i32]; N] = [&[]; N];
    let mut factors = [0; N];
    for tap in 0..N {
        rows[tap] = row(tap);
        factors[tap] = weights[tap];
    }
    dispatch!(level, _ => vertical_rows(&rows, factors, shift, out));
}

#[inline(always)]
fn vertical_rows<const N: usize>(
    rows: &[&[i32]; N],
    weights: [i32; N],
    shift: u32,
    out: &mut [u8],
) {
    for (block_index, out) in out.chunks_mut(BLOCK).enumerate() {
        let start = block_index * BLOCK;
        let mut blocks = [block(rows[0], start); N];
        for tap in 1..N {
            blocks[tap] = block(rows[tap], start);
        }
        let mut values = [0u8; BLOCK];
        for i in 0..BLOCK {
            let mut sum = 1i32 << (shift - 1);
            for tap in 0..N {
                // Behind the last sample of a row there are any numbers, whose sums are not used and may overflow.
                sum = sum.wrapping_add(weights[tap].wrapping_mul(blocks[tap][i]));
            }
            values[i] = (sum >> shift).clamp(0, 255) as u8;
        }
        store(out, &values);
    }
}

/// The vertical pass of images with fewer rows than the interpolation has taps.
fn vertical_few<'a>(
    taps: usize,
    row: impl Fn(usize) -> &'a [i32],
    weights: &[i32],
    shift: u32,
    out: &mut [u8],
) {
    for (i, out) in out.iter_mut().enumerate() {
        let sum: i32 = (0..taps).map(|tap| weights[tap] * row(tap)[i]).sum();
        *out = ((sum + (1 << (shift - 1))) >> shift).clamp(0, 255) as u8;
    }
}
