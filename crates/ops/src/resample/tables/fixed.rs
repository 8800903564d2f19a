//! Axes with weights that are fixed-point numbers: Pillow and the u8 path of torch. Both compute windows of weights in double
//! precision and round them.

use super::Part;
use crate::contract::stage::{AxisWeights, ResampleAxis, Span, WindowAxis};
use crate::resample::ResampleFilter;

/// Fractional bits of Pillow's weights.
pub(super) const PILLOW_BITS: u32 = 22;

/// The largest number of fractional bits of torch's weights.
const MOST_TORCH_BITS: u32 = 22;

/// The axis that takes the pixels of `part`, which begins at a pixel, as they are.
pub(super) fn crop(part: Part, target: u32) -> ResampleAxis {
    let first = part.start as u32;
    let span = |d| Span {
        first: first + d,
        count: 1,
        weight: 0,
    };
    ResampleAxis {
        spans: (0..target).map(span).collect(),
        weights: AxisWeights::Fixed {
            values: vec![1 << PILLOW_BITS],
            shift: PILLOW_BITS,
        },
    }
}

/// The axis of Pillow's `Image.resize` from `part` of `source` pixels to `target` pixels.
pub(super) fn pillow(filter: ResampleFilter, source: u32, part: Part, target: u32) -> ResampleAxis {
    let windows = Windows::new(filter.support(), source, part, target, |x| filter.pillow(x));
    windows.rounded(PILLOW_BITS)
}

/// The axis of torch's antialiased u8 path on CPUs from `source` to `target` pixels.
pub(super) fn torchvision(filter: ResampleFilter, source: u32, target: u32) -> ResampleAxis {
    let part = Part::whole(source);
    let windows = Windows::new(filter.support(), source, part, target, |x| filter.torch(x));
    let largest = windows.weights.iter().copied().fold(0.0, f64::max);
    // As many bits as the largest weight of the axis leaves in 16 bits.
    let fits = |bits: u32| 0.5 + largest * f64::from(1 << (bits + 1)) < f64::from(1 << 15);
    let bits = (0..MOST_TORCH_BITS).find(|&bits| !fits(bits));
    windows.rounded(bits.unwrap_or(MOST_TORCH_BITS))
}

/// The numbers that the windows of an axis from `part` to `target` positions are computed from.
pub(super) fn windows(support: f64, part: Part, target: u32) -> WindowAxis {
    let scale = f64::from(part.length()) / f64::from(target);
    // The filter is as wide as a pixel of the larger of the two grids.
    let width = scale.max(1.0);
    WindowAxis {
        start: f64::from(part.start),
        scale,
        support: support * width,
        inverse: 1.0 / width,
        copies: false,
    }
}

/// The windows of an axis: the source positions of each output position, with weights that sum to 1.
struct Windows {
    spans: Vec<Span>,
    weights: Vec<f64>,
}

impl Windows {
    fn new(
        support: f64,
        source: u32,
        part: Part,
        target: u32,
        filter: impl Fn(f64) -> f64,
    ) -> Self {
        let WindowAxis {
            start,
            scale,
            support,
            inverse,
            ..
        } = self::windows(support, part, target);
        let mut windows = Windows {
            spans: Vec::with_capacity(target as usize),
            weights: Vec::new(),
        };
        for d in 0..target {
            let center = start + (f64::from(d) + 0.5) * scale;
            // Conversions to integers drop the fraction, and give 0 for negative numbers. The window has a pixel of the source
            // even where rounding would leave none.
            let first = ((center - support + 0.5) as u32).min(source - 1);
            let end = ((center + support + 0.5) as u32).clamp(first + 1, source);
            let weight = windows.weights.len();
            windows.spans.push(Span {
                first,
                count: end - first,
                weight: weight as u32,
            });
            windows
                .weights
                .extend((first..end).map(|j| filter((f64::from(j) - center + 0.5) * inverse)));
            let weights = &mut windows.weights[weight..];
            let sum = weights.iter().fold(0.0, |sum, weight| sum + weight);
            if sum != 0.0 {
                weights.iter_mut().for_each(|weight| *weight /= sum);
            }
        }
        windows
    }

    /// The axis with weights in 2^-bits, rounded half away from zero.
    fn rounded(self, bits: u32) -> ResampleAxis {
        let scale = f64::from(1 << bits);
        let round = |weight: f64| match weight < 0.0 {
            true => (weight * scale - 0.5) as i32,
            false => (weight * scale + 0.5) as i32,
        };
        ResampleAxis {
            spans: self.spans,
            weights: AxisWeights::Fixed {
                values: self.weights.into_iter().map(round).collect(),
                shift: bits,
            },
        }
    }
}
