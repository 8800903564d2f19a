//! The passes with fixed-point weights: samples are rounded to 8 bits behind each of them.

use super::Arithmetic;
use crate::contract::stage::{AxisWeights, ResampleAxis, Span};
use crate::host::simd::BLOCK;
use std::ops::Range;

/// The arithmetic of Pillow and of the u8 path of torch.
pub(crate) struct Fixed;

impl Arithmetic for Fixed {
    type Sample = u8;

    fn load(row: &[u8], premultiplied: bool, out: &mut [u8]) {
        if !premultiplied {
            out.copy_from_slice(row);
            return;
        }
        let pixels = row.as_chunks::<4>().0;
        for (pixel, out) in pixels.iter().zip(out.as_chunks_mut::<4>().0) {
            let [colors @ .., alpha] = *pixel;
            let color = |color: u8| {
                let product = u32::from(color) * u32::from(alpha) + 128;
                (((product >> 8) + product) >> 8) as u8
            };
            let [red, green, blue] = colors;
            *out = [color(red), color(green), color(blue), alpha];
        }
    }

    fn horizontal(
        axis: &ResampleAxis,
        channels: usize,
        columns: Range<usize>,
        row: (&[u8], usize),
        out: &mut [u8],
    ) {
        match channels {
            1 => horizontal::<1>(axis, columns, row, out),
            3 => horizontal::<3>(axis, columns, row, out),
            _ => horizontal::<4>(axis, columns, row, out),
        }
    }

    fn vertical<'r>(
        axis: &ResampleAxis,
        span: Span,
        rows: impl Fn(usize) -> &'r [u8],
        out: &mut [u8],
    ) {
        let (weights, shift) = fixed(axis);
        let weights = of_span(weights, span);
        for (block, out) in out.chunks_mut(BLOCK).enumerate() {
            let start = block * BLOCK;
            let mut sums = [1 << (shift - 1); BLOCK];
            for (row, &weight) in weights.iter().enumerate() {
                let samples = &rows(row)[start..start + out.len()];
                for (sum, &sample) in sums.iter_mut().zip(samples) {
                    *sum += weight * i32::from(sample);
                }
            }
            for (out, sum) in out.iter_mut().zip(sums) {
                *out = (sum >> shift).clamp(0, 255) as u8;
            }
        }
    }

    fn store(row: &[u8], premultiplied: bool, out: &mut [u8]) {
        if !premultiplied {
            out.copy_from_slice(row);
            return;
        }
        let pixels = row.as_chunks::<4>().0;
        for (pixel, out) in pixels.iter().zip(out.as_chunks_mut::<4>().0) {
            let [red, green, blue, alpha] = *pixel;
            *out = match alpha {
                0 | 255 => *pixel,
                _ => {
                    let color =
                        |color: u8| (255 * u32::from(color) / u32::from(alpha)).min(255) as u8;
                    [color(red), color(green), color(blue), alpha]
                }
            };
        }
    }
}

fn horizontal<const C: usize>(
    axis: &ResampleAxis,
    columns: Range<usize>,
    (row, first): (&[u8], usize),
    out: &mut [u8],
) {
    let (weights, shift) = fixed(axis);
    let (pixels, out) = (row.as_chunks::<C>().0, out.as_chunks_mut::<C>().0);
    for (&span, out) in axis.spans[columns].iter().zip(out) {
        let start = span.first as usize - first;
        let pixels = &pixels[start..start + span.count as usize];
        let mut sums = [1 << (shift - 1); C];
        for (pixel, &weight) in pixels.iter().zip(of_span(weights, span)) {
            for c in 0..C {
                sums[c] += weight * i32::from(pixel[c]);
            }
        }
        *out = sums.map(|sum: i32| (sum >> shift).clamp(0, 255) as u8);
    }
}

/// The weights of an axis, and their fractional bits.
///
/// # Panics
/// The axis has weights of another kind. The plan chooses the executor by the tables.
fn fixed(axis: &ResampleAxis) -> (&[i32], u32) {
    match &axis.weights {
        AxisWeights::Fixed { values, shift } => (values, *shift),
        AxisWeights::Float(_) => panic!("the weights are floating point numbers"),
    }
}

/// The weights of a span.
pub(super) fn of_span<T>(weights: &[T], span: Span) -> &[T] {
    let first = span.weight as usize;
    &weights[first..first + span.count as usize]
}
