//! The passes in single precision: samples stay as they are between the passes, and are rounded behind the last one.

use super::Arithmetic;
use super::fixed::of_span;
use crate::contract::stage::{AxisWeights, ResampleAxis, Span};
use std::ops::Range;

/// The arithmetic of torch on CUDA. It has no premultiplied pixels.
pub(crate) struct Float;

impl Arithmetic for Float {
    type Sample = f32;

    fn load(row: &[u8], _premultiplied: bool, out: &mut [f32]) {
        for (out, &sample) in out.iter_mut().zip(row) {
            *out = sample.into();
        }
    }

    fn horizontal(
        axis: &ResampleAxis,
        channels: usize,
        columns: Range<usize>,
        (row, first): (&[f32], usize),
        out: &mut [f32],
    ) {
        let weights = float(axis);
        for (&span, out) in axis.spans[columns]
            .iter()
            .zip(out.chunks_exact_mut(channels))
        {
            let start = (span.first as usize - first) * channels;
            for (channel, out) in out.iter_mut().enumerate() {
                let samples = row[start + channel..].iter().step_by(channels);
                *out = sum(of_span(weights, span), samples.copied());
            }
        }
    }

    fn vertical<'r>(
        axis: &ResampleAxis,
        span: Span,
        rows: impl Fn(usize) -> &'r [f32],
        out: &mut [f32],
    ) {
        let weights = of_span(float(axis), span);
        for (row, &weight) in weights.iter().enumerate() {
            let samples = &rows(row)[..out.len()];
            for (out, &sample) in out.iter_mut().zip(samples) {
                *out = match row {
                    0 => sample * weight,
                    _ => sample.mul_add(weight, *out),
                };
            }
        }
    }

    fn store(row: &[f32], _premultiplied: bool, out: &mut [u8]) {
        for (out, &sample) in out.iter_mut().zip(row) {
            *out = sample.clamp(0.0, 255.0).round_ties_even() as u8;
        }
    }
}

/// The first product, rounded, and a fused multiply-add for each of the others.
fn sum(weights: &[f32], samples: impl Iterator<Item = f32>) -> f32 {
    let mut products = weights.iter().zip(samples);
    let first = products
        .next()
        .map_or(0.0, |(weight, sample)| sample * weight);
    products.fold(first, |sum, (&weight, sample)| sample.mul_add(weight, sum))
}

/// The weights of an axis.
///
/// # Panics
/// The axis has weights of another kind. The plan chooses the executor by the tables.
fn float(axis: &ResampleAxis) -> &[f32] {
    match &axis.weights {
        AxisWeights::Float(values) => values,
        AxisWeights::Fixed { .. } => panic!("the weights are fixed-point numbers"),
    }
}
