//! The horizontal pass, over 16 rows at once.
//!
//! The samples of 16 rows are brought into quads, whose lanes are the rows. A window of quads slides along the rows, so that a
//! sample is brought there once for all columns of the output that read it, and the window stays in the first-level cache.

use super::quads::{LANES, Quad, weigh};
use super::weights::{POSITIONS, QuadAxis};
use fearless_simd::{Level, Simd, dispatch, i16x32, prelude::*, u8x16, u8x64, u16x32, u32x16};
use std::ops::Range;

/// The fewest quads of the window, so that few of them are moved.
const LEAST_QUADS: usize = 64;

/// The bytes of a row that are loaded at once.
const LOADED: usize = 16;

/// The quads of the window, of one channel.
pub(super) fn window_quads(axis: &QuadAxis) -> usize {
    // A window has whole steps of up to four quads.
    (2 * axis.most()).max(LEAST_QUADS).next_multiple_of(4) + 4
}

/// The rows of the output, each `stride` bytes after the one before, with room for whole blocks of [`LANES`] samples.
pub(super) fn stride(columns: usize, channels: usize) -> usize {
    (columns * channels).next_multiple_of(LANES)
}

/// Makes the pixels `columns` of 16 rows of the output. The rows of the source have equal lengths.
pub(super) fn horizontal<'m>(
    level: Level,
    axis: &QuadAxis,
    channels: usize,
    columns: Range<usize>,
    rows: [&[u8]; LANES],
    memory: &'m mut Memory<'_>,
) -> [&'m [u8]; LANES] {
    let (length, stride) = (columns.len() * channels, stride(columns.len(), channels));
    let out = &mut memory.out[..LANES * stride];
    let memory = Memory {
        window: &mut *memory.window,
        tile: &mut memory.tile[..stride],
        out: &mut *out,
    };
    match channels {
        1 => dispatch!(level, simd => run::<_, 1>(simd, axis, columns, rows, memory)),
        3 => dispatch!(level, simd => run::<_, 3>(simd, axis, columns, rows, memory)),
        _ => dispatch!(level, simd => run::<_, 4>(simd, axis, columns, rows, memory)),
    }
    std::array::from_fn(|lane| &out[lane * stride..][..length])
}

/// The memory of a horizontal pass.
pub(super) struct Memory<'m> {
    /// The window: [`window_quads`] for each channel.
    pub(super) window: &'m mut [Quad],
    /// The samples of the output in columns of [`LANES`] rows: as many columns as a row of `out` has bytes.
    pub(super) tile: &'m mut [[u8; LANES]],
    /// The output: [`LANES`] rows, see [`stride`].
    pub(super) out: &'m mut [u8],
}

#[inline(always)]
fn run<S: Simd, const C: usize>(
    simd: S,
    axis: &QuadAxis,
    columns: Range<usize>,
    rows: [&[u8]; LANES],
    memory: Memory<'_>,
) {
    let Memory { window, tile, out } = memory;
    let length = rows[0].len();
    let step = Step::of(C);
    let window = window.as_chunks_mut::<C>().0;
    let total = (length / C)
        .div_ceil(POSITIONS)
        .next_multiple_of(step.quads);
    // The window has the quads from `base` to `end`.
    let (mut base, mut end) = (0, 0);
    for (x, out) in columns.zip(tile.as_chunks_mut::<C>().0) {
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
    transpose(simd, tile, out);
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
        let mut bytes = [[0; LOADED]; LANES];
        if start + LOADED <= length {
            for (bytes, row) in bytes.iter_mut().zip(rows) {
                bytes.copy_from_slice(&row[start..start + LOADED]);
            }
        } else {
            for (bytes, row) in bytes.iter_mut().zip(rows) {
                let rest = &row[start.min(length)..];
                bytes[..rest.len()].copy_from_slice(rest);
            }
        }
        gather::<S, C>(simd, &bytes, quads);
    }
}

/// Makes quads of 16 bytes of each row: one quad of each of three or four channels, or four quads of one channel.
#[inline(always)]
fn gather<S: Simd, const C: usize>(simd: S, rows: &[[u8; LOADED]; LANES], quads: &mut [Quad]) {
    // The samples of a quad become neighbors.
    let order = match C {
        1 => [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        3 => [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11, 12, 13, 14, 15],
        _ => [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15],
    };
    let order = u8x16::simd_from(simd, order);
    let rows = rows.as_chunks().0;
    let a = load::<S, C>(simd, &rows[0], order);
    let b = load::<S, C>(simd, &rows[1], order);
    let c = load::<S, C>(simd, &rows[2], order);
    let d = load::<S, C>(simd, &rows[3], order);
    // Number i of each four numbers is the quad i of a row: the numbers of all rows are brought together.
    let (even, odd) = (a.unzip_low(b), a.unzip_high(b));
    let (next_even, next_odd) = (c.unzip_low(d), c.unzip_high(d));
    let all = [
        even.unzip_low(next_even),
        odd.unzip_low(next_odd),
        even.unzip_high(next_even),
        odd.unzip_high(next_odd),
    ];
    for (samples, target) in all.into_iter().zip(quads) {
        let samples = u16x32::from_bytes(samples.to_bytes());
        let (first, second) = target.0.split_at_mut(2 * LANES);
        i16x32::from_bytes((samples & 0xff).to_bytes()).store_slice(first);
        i16x32::from_bytes((samples >> 8).to_bytes()).store_slice(second);
    }
}

/// 16 bytes of each of four rows as numbers of four bytes, in this order of the bytes of a row.
#[inline(always)]
fn load<S: Simd, const C: usize>(simd: S, rows: &[[u8; LOADED]; 4], order: u8x16<S>) -> u32x16<S> {
    let [a, b, c, d] = rows;
    let first = u8x16::simd_from(simd, *a).combine(u8x16::simd_from(simd, *b));
    let second = u8x16::simd_from(simd, *c).combine(u8x16::simd_from(simd, *d));
    let bytes = first.combine(second);
    u32x16::from_bytes(match C {
        1 => bytes,
        _ => bytes.swizzle_dyn_within_blocks(u8x64::block_splat(order)),
    })
}

/// Turns columns of [`LANES`] samples into rows.
#[inline(always)]
fn transpose<S: Simd>(simd: S, tile: &[[u8; LANES]], out: &mut [u8]) {
    let stride = tile.len();
    for (i, block) in tile.as_chunks::<LANES>().0.iter().enumerate() {
        let mut vectors = [u8x16::splat(simd, 0); LANES];
        for (vector, column) in vectors.iter_mut().zip(block) {
            *vector = u8x16::simd_from(simd, *column);
        }
        // Four times the first half of the vectors is interleaved with the second half.
        for _ in 0..4 {
            let old = vectors;
            for i in 0..LANES / 2 {
                let (low, high) = old[i].interleave(old[i + LANES / 2]);
                vectors[2 * i] = low;
                vectors[2 * i + 1] = high;
            }
        }
        for (lane, vector) in vectors.into_iter().enumerate() {
            vector.store_slice(&mut out[lane * stride + i * LANES..][..LANES]);
        }
    }
}
