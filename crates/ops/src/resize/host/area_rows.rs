//! The horizontal pass of an area resize: sums of `sample * share` in f32, each operation rounded, in the order of the columns.
//!
//! The sums of a row depend on each other, and those of several rows do not: four rows are summed side by side. A vector has the
//! channels of a pixel, or, for gray images, the pixels of the four rows, which are interleaved first.

use crate::contract::stage::ResizeAxis;
use fearless_simd::{Level, Simd, dispatch, f32x4, i32x4, prelude::*, u8x16};

/// The rows that are summed side by side.
pub(super) const ROWS: usize = 4;
/// The pixels of a row that are loaded at once.
const GROUP: usize = 4;
/// The bytes of a vector.
const VECTOR: usize = 16;

/// The horizontal pass.
pub(super) struct AreaRows {
    channels: usize,
    columns: ResizeAxis<f32>,
}

impl AreaRows {
    /// The pass over rows of pixels with `channels` samples.
    pub(super) fn new(columns: ResizeAxis<f32>, channels: usize) -> Self {
        AreaRows { channels, columns }
    }

    /// The number of sums that may be written behind the last one of a row.
    pub(super) fn slack(&self) -> usize {
        GROUP
    }

    /// The bytes of scratch memory for rows of `width` pixels.
    pub(super) fn scratch_bytes(&self, width: usize) -> usize {
        match self.channels {
            1 => ROWS * width,
            _ => 0,
        }
    }

    /// Writes the sums of four rows, each `stride` behind the one before.
    pub(super) fn sum(
        &self,
        level: Level,
        rows: [&[u8]; ROWS],
        bytes: &mut [u8],
        sums: &mut [f32],
        stride: usize,
    ) {
        let columns = &self.columns;
        let vectors = columns.taps.is_multiple_of(GROUP);
        match self.channels {
            1 if vectors => dispatch!(level, simd => {
                interleave(rows, bytes);
                sum_gray(simd, columns, bytes, sums, stride);
            }),
            3 if vectors && rows[0].len() >= VECTOR => {
                dispatch!(level, simd => sum_pixels::<_, 3>(simd, columns, rows, sums, stride));
            }
            4 if vectors => {
                dispatch!(level, simd => sum_pixels::<_, 4>(simd, columns, rows, sums, stride));
            }
            1 => sum_few::<1>(columns, rows, sums, stride),
            3 => sum_few::<3>(columns, rows, sums, stride),
            _ => sum_few::<4>(columns, rows, sums, stride),
        }
    }
}

/// Writes the first samples of all rows, then the second ones, and so on.
#[inline(always)]
fn interleave(rows: [&[u8]; ROWS], out: &mut [u8]) {
    let [a, b, c, d] = rows;
    let pairs = a.iter().zip(b).zip(c.iter().zip(d));
    for (((&a, &b), (&c, &d)), out) in pairs.zip(out.as_chunks_mut::<ROWS>().0) {
        *out = [a, b, c, d];
    }
}

/// Four pixels of four samples as floats.
#[inline(always)]
fn four_pixels<S: Simd>(simd: S, bytes: u8x16<S>) -> [f32x4<S>; GROUP] {
    let (low, high) = bytes.widen();
    let ((a, b), (c, d)) = (low.widen(), high.widen());
    let float = |pixel: fearless_simd::u32x4<S>| {
        // Signed numbers, which every CPU converts.
        simd.cvt_f32_i32x4(i32x4::from_bytes(pixel.to_bytes()))
    };
    [float(a), float(b), float(c), float(d)]
}

/// The sums of gray rows, which are interleaved in `bytes`.
#[inline(always)]
fn sum_gray<S: Simd>(
    simd: S,
    columns: &ResizeAxis<f32>,
    bytes: &[u8],
    sums: &mut [f32],
    stride: usize,
) {
    // The sums of four columns, each with one sum for every row.
    let mut block = [0.0f32; GROUP * ROWS];
    let count = columns.first.len();
    for start in (0..count).step_by(GROUP) {
        for i in 0..GROUP {
            let column = (start + i).min(count - 1);
            let mut sum = f32x4::splat(simd, 0.0);
            let pixels = &bytes[columns.first(column) * ROWS..][..columns.taps * ROWS];
            let groups = pixels.as_chunks::<VECTOR>().0;
            let weights = columns.weights(column).as_chunks::<GROUP>().0;
            for (pixels, weights) in groups.iter().zip(weights) {
                let pixels = four_pixels(simd, u8x16::from_slice(simd, pixels));
                for tap in 0..GROUP {
                    sum += pixels[tap] * f32x4::splat(simd, weights[tap]);
                }
            }
            sum.store_slice(&mut block[i * ROWS..][..ROWS]);
        }
        let rows = simd.load_four_interleaved_f32x4(&block);
        for row in 0..ROWS {
            rows[row].store_slice(&mut sums[row * stride + start..][..GROUP]);
        }
    }
}

/// The sums of rows of pixels with `C` samples, 3 or 4, at least 16 samples in a row.
#[inline(always)]
fn sum_pixels<S: Simd, const C: usize>(
    simd: S,
    columns: &ResizeAxis<f32>,
    rows: [&[u8]; ROWS],
    sums: &mut [f32],
    stride: usize,
) {
    let last = rows[0].len() - VECTOR;
    for column in 0..columns.first.len() {
        let first = columns.first(column) * C;
        let mut of_rows = [f32x4::splat(simd, 0.0); ROWS];
        let weights = columns.weights(column).as_chunks::<GROUP>().0;
        for (group, weights) in weights.iter().enumerate() {
            let begin = first + group * GROUP * C;
            // No load reaches beyond the row.
            let offset = begin.min(last);
            for row in 0..ROWS {
                let mut bytes = u8x16::from_slice(simd, &rows[row][offset..][..VECTOR]);
                if C == 3 {
                    let order = u8x16::from_slice(simd, &SPREAD[begin - offset]);
                    bytes = bytes.swizzle_dyn(order);
                }
                let pixels = four_pixels(simd, bytes);
                for tap in 0..GROUP {
                    of_rows[row] += pixels[tap] * f32x4::splat(simd, weights[tap]);
                }
            }
        }
        for row in 0..ROWS {
            // The next column overwrites the fourth sum of three channels.
            of_rows[row].store_slice(&mut sums[row * stride + column * C..][..4]);
        }
    }
}

/// The bytes of four pixels with three samples as pixels with four samples, of which the last one has any value. The first pixel begins
/// with byte 0 to 4.
const SPREAD: [[u8; VECTOR]; 5] = {
    let mut orders = [[0; VECTOR]; 5];
    let mut begin = 0;
    while begin < 5 {
        let mut at = 0;
        while at < VECTOR {
            let channel = if at % 4 == 3 { 2 } else { at % 4 };
            orders[begin][at] = (begin + at / 4 * 3 + channel) as u8;
            at += 1;
        }
        begin += 1;
    }
    orders
};

/// The sums of rows that are too short for vectors.
fn sum_few<const C: usize>(
    columns: &ResizeAxis<f32>,
    rows: [&[u8]; ROWS],
    sums: &mut [f32],
    stride: usize,
) {
    for (row, sums) in rows.iter().zip(sums.chunks_mut(stride)) {
        let pixels = row.as_chunks::<C>().0;
        for (column, out) in sums
            .as_chunks_mut::<C>()
            .0
            .iter_mut()
            .enumerate()
            .take(columns.first.len())
        {
            *out = [0.0; C];
            for (pixel, weight) in pixels[columns.first(column)..]
                .iter()
                .zip(columns.weights(column))
            {
                for c in 0..C {
                    out[c] += f32::from(pixel[c]) * weight;
                }
            }
        }
    }
}
