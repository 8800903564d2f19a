//! Axes with weights in single precision: the antialiased path of torch on CUDA.

use crate::contract::stage::{AxisWeights, ResampleAxis, Span, WindowAxis};
use crate::resample::ResampleFilter;

/// The numbers that the windows of an axis from `source` to `target` pixels are computed from, all in single precision.
pub(super) fn windows(filter: ResampleFilter, source: u32, target: u32) -> WindowAxis {
    let scale = source as f32 / target as f32;
    let half = filter.support() as f32;
    let (support, inverse) = match scale >= 1.0 {
        true => (half * scale, (1.0 / f64::from(scale)) as f32),
        false => (half, 1.0),
    };
    WindowAxis {
        start: 0.0,
        scale: scale.into(),
        support: support.into(),
        inverse: inverse.into(),
        copies: false,
    }
}

/// The axis from `source` to `target` pixels. The filter is bilinear or bicubic, and every operation is the one of torch's kernel
/// as its compiler contracts it to fused multiply-adds.
pub(super) fn torch_cuda(filter: ResampleFilter, source: u32, target: u32) -> ResampleAxis {
    let windows = windows(filter, source, target);
    // Numbers of this precision, so that nothing is rounded.
    let [scale, support, inverse] =
        [windows.scale, windows.support, windows.inverse].map(|number| number as f32);
    let mut spans = Vec::with_capacity(target as usize);
    let mut weights: Vec<f32> = Vec::new();
    for d in 0..target {
        // The largest size has 17 bits, so that the sum is exact.
        let center = d as f32 + 0.5;
        let start = (scale.mul_add(center, -support) + 0.5) as u32;
        let end = (scale.mul_add(center, support) + 0.5) as u32;
        let first = start.min(source - 1);
        let end = end.clamp(first + 1, source);
        let weight = weights.len();
        spans.push(Span {
            first,
            count: end - first,
            weight: weight as u32,
        });
        let offset = (-scale).mul_add(center, first as f32);
        weights.extend((0..end - first).map(|j| {
            let distance = (((j as f32 + offset) + 0.5) * inverse).abs();
            match filter {
                ResampleFilter::Bicubic => cubic(distance),
                _ => (1.0 - distance).max(0.0),
            }
        }));
        let weights = &mut weights[weight..];
        let sum = weights.iter().fold(0.0, |sum, weight| sum + weight);
        if sum != 0.0 {
            weights.iter_mut().for_each(|weight| *weight /= sum);
        }
    }
    ResampleAxis {
        spans,
        weights: AxisWeights::Float(weights),
    }
}

/// The cubic polynomial with a = -0.5 at distance `x`.
fn cubic(x: f32) -> f32 {
    if x < 1.0 {
        (1.5_f32.mul_add(x, -2.5) * x).mul_add(x, 1.0)
    } else if x < 2.0 {
        (x - 5.0).mul_add(x, 8.0).mul_add(x, -4.0) * -0.5
    } else {
        0.0
    }
}
