//! The horizontal pass, over 16 rows at once.
//!
//! The samples of 16 rows are brought into quads, whose lanes are the rows. A window of quads slides along the rows, so that a
//! sample is brought there once for all columns of the output that read it, and the window stays in the first-level cache.

use super::quads::{LANES, LOADED, Quad, gather, weigh};
use super::weights::{POSITIONS, QuadAxis};
use fearless_simd::{Level, Simd, dispatch, prelude::*, u8x16};
use std::ops::Range;

/// The fewest quads of the window, so that few of them are moved.
const LEAST_QUADS: usize = 64;

/// The quads of the window, of one channel.
pub(super) fn window_quads(axis: &QuadAxis) -> usize {
    // A window has whole steps of up to four quads.
    (2 * axis.most()).max(LEAST_QUADS).next_multiple_of(4) + 4
}

/// The samples of a row of the output, rounded up to whole blocks of [`LANES`] samples.
pub(super) fn stride(columns: usize, channels: usize) -> usize {
    (columns * channels).next_multiple_of(LANES)
}

/// The memory of a horizontal pass.
pub(super) struct Memory<'m> {
    /// The window: [`window_quads`] for each channel.
    pub(super) window: &'m mut [Quad],
    /// The samples of the output: for each sample of a row, those of all [`LANES`] rows. There are at least [`stride`] of them.
    pub(super) columns: &'m mut [[u8; LANES]],
}

/// Makes the pixels `columns` of 16 rows of the output. The rows of the source have equal lengths. In the result, the [`LANES`]
/// samples of all rows lie side by side.
pub(super) fn horizontal<'m>(
    level: Level,
    axis: &QuadAxis,
    channels: usize,
    columns: Range<usize>,
    rows: [&[u8]; LANES],
    memory: &'m mut Memory<'_>,
) -> &'m [[u8; LANES]] {
    let out = &mut memory.columns[..stride(columns.len(), channels)];
    let window = &mut *memory.window;
    match channels {
        1 => dispatch!(level, simd => run::<_, 1>(simd, axis, columns, rows, window, out)),
        3 => dispatch!(level, simd => run::<_, 3>(simd, axis, columns, rows, window, out)),
        _ => dispatch!(level, simd => run::<_, 4>(simd, axis, columns, rows, window, out)),
    }
    out
}

/// Turns columns of [`LANES`] samples into rows, each as long as there are columns.
pub(super) fn transpose(level: Level, columns: &[[u8; LANES]], out: &mut [u8]) {
    dispatch!(level, simd => transpose_blocks(simd, columns, out));
}

#[inline(always)]
fn run<S: Simd, const C: usize>(
    simd: S,
    axis: &QuadAxis,
    columns: Range<usize>,
    rows: [&[u8]; LANES],
    window: &mut [Quad],
    out: &mut [[u8; LANES]],
) {
    let length = rows[0].len();
    let step = Step::of(C);
    let window = window.as_chunks_mut::<C>().0;
    let total = (length / C)
        .div_ceil(POSITIONS)
        .next_multiple_of(step.quads);
    // The window has the quads from `base` to `end`.
    let (mut base, mut end) = (0, 0);
    for (x, out) in columns.zip(out.as_chunks_mut::<C>().0) {
        let quads = axis.quads(x);
        if quads.end > end {
            let first = quads.start / step.quads * step.quads;
            match first < end {
                true => window.copy_within(first - base..end - base, 0),
                false => end = first,
            }
            base = first;
            let last = total.min(base + window.len());
            let missing = window[end - base..last - base].as_flattened_mut();
            fill::<S, C>(simd, rows, end / step.quads * step.bytes, missing);
            end = last;
        }
        let quads = &window[quads.start - base..quads.end - base];
        *out = weigh(simd, axis, x, quads.iter());
    }
}

/// What is made of 16 bytes of a row.
struct Step {
    /// The quads of a channel.
    quads: usize,
    /// The bytes of these quads.
    bytes: usize,
}

impl Step {
    #[inline(always)]
    fn of(channels: usize) -> Self {
        match channels {
            1 => Step {
                quads: 4,
                bytes: 16,
            },
            channels => Step {
                quads: 1,
                bytes: POSITIONS * channels,
            },
        }
    }
}

/// Fills `quads`, those of all channels side by side, with the samples from byte `offset` of the rows on. Behind the ends of the
/// rows the samples are 0.
#[inline(always)]
fn fill<S: Simd, const C: usize>(
    simd: S,
    mut rows: [&[u8]; LANES],
    offset: usize,
    quads: &mut [Quad],
) {
    // With slices of the same length, one check of bounds does for all rows.
    let length = rows[0].len();
    for row in &mut rows {
        *row = &row[..length];
    }
    let step = Step::of(C);
    for (i, quads) in quads.chunks_exact_mut(step.quads * C).enumerate() {
        let start = offset + i * step.bytes;
        if start + LOADED <= length {
            gather::<S, C>(simd, rows, start, quads);
            continue;
        }
        let mut ends = [[0; LOADED]; LANES];
        for (end, row) in ends.iter_mut().zip(rows) {
            let rest = &row[start.min(length)..];
            end[..rest.len()].copy_from_slice(rest);
        }
        gather::<S, C>(simd, ends.each_ref().map(|end| &end[..]), 0, quads);
    }
}

#[inline(always)]
fn transpose_blocks<S: Simd>(simd: S, columns: &[[u8; LANES]], out: &mut [u8]) {
    let stride = columns.len();
    for (i, columns) in columns.as_chunks::<LANES>().0.iter().enumerate() {
        let mut vectors = [u8x16::splat(simd, 0); LANES];
        for lane in 0..LANES {
            vectors[lane] = u8x16::from_slice(simd, &columns[lane]);
        }
        // Four times the first half of the vectors is interleaved with the second half.
        for _ in 0..4 {
            let old = vectors;
            for lane in 0..LANES / 2 {
                let (low, high) = old[lane].interleave(old[lane + LANES / 2]);
                vectors[2 * lane] = low;
                vectors[2 * lane + 1] = high;
            }
        }
        for lane in 0..LANES {
            vectors[lane].store_slice(&mut out[lane * stride + i * LANES..][..LANES]);
        }
    }
}
