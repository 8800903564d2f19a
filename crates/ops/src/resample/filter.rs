//! The filters of a resample.

use super::KIND;
use crate::contract::checks::text_by_name;
use std::f64::consts::PI;

/// The filter of a [`Resample`](super::Resample): how much a source pixel counts by its distance from the output pixel, in source
/// pixels when enlarging and in output pixels when shrinking.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub enum ResampleFilter {
    /// The mean of the pixels within half a pixel.
    Box,
    /// A triangle, 1 pixel to each side.
    Bilinear,
    /// A Hamming window on a sinc, 1 pixel to each side.
    Hamming,
    /// A cubic polynomial (a = -0.5), 2 pixels to each side.
    Bicubic,
    /// A sinc under a sinc window (Lanczos), 3 pixels to each side.
    Lanczos,
}

impl ResampleFilter {
    /// All filters, in the order in which error messages list them.
    pub const ALL: [ResampleFilter; 5] = [
        ResampleFilter::Box,
        ResampleFilter::Bilinear,
        ResampleFilter::Hamming,
        ResampleFilter::Bicubic,
        ResampleFilter::Lanczos,
    ];

    /// The name that pipeline files use, for example `bicubic`.
    pub const fn name(self) -> &'static str {
        match self {
            ResampleFilter::Box => "box",
            ResampleFilter::Bilinear => "bilinear",
            ResampleFilter::Hamming => "hamming",
            ResampleFilter::Bicubic => "bicubic",
            ResampleFilter::Lanczos => "lanczos",
        }
    }

    /// The distance, in pixels, from which on the filter is 0.
    pub(super) const fn support(self) -> f64 {
        match self {
            ResampleFilter::Box => 0.5,
            ResampleFilter::Bilinear | ResampleFilter::Hamming => 1.0,
            ResampleFilter::Bicubic => 2.0,
            ResampleFilter::Lanczos => 3.0,
        }
    }

    /// The filter at distance `x`, with the operations of Pillow in their order.
    pub(super) fn pillow(self, x: f64) -> f64 {
        let distance = x.abs();
        match self {
            ResampleFilter::Box => f64::from(u8::from(-0.5 < x && x <= 0.5)),
            ResampleFilter::Bilinear => (1.0 - distance).max(0.0),
            ResampleFilter::Hamming if distance == 0.0 => 1.0,
            ResampleFilter::Hamming if distance >= 1.0 => 0.0,
            ResampleFilter::Hamming => {
                let t = distance * PI;
                // Pillow has the two numbers in single precision.
                t.sin() / t * (f64::from(0.54_f32) + f64::from(0.46_f32) * t.cos())
            }
            ResampleFilter::Bicubic if distance < 1.0 => near_cubic(distance),
            ResampleFilter::Bicubic if distance < 2.0 => {
                (((distance - 5.0) * distance + 8.0) * distance - 4.0) * CUBIC
            }
            ResampleFilter::Bicubic => 0.0,
            ResampleFilter::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            ResampleFilter::Lanczos => 0.0,
        }
    }

    /// The filter at distance `x`, with the operations of torch in their order: another one for the outer part of the cubic.
    pub(super) fn torch(self, x: f64) -> f64 {
        let distance = x.abs();
        match self {
            ResampleFilter::Bicubic if (1.0..2.0).contains(&distance) => {
                ((CUBIC * distance - 5.0 * CUBIC) * distance + 8.0 * CUBIC) * distance - 4.0 * CUBIC
            }
            _ => self.pillow(x),
        }
    }
}

text_by_name!(ResampleFilter, KIND, "filter");

/// The parameter of the cubic polynomial.
const CUBIC: f64 = -0.5;

fn near_cubic(x: f64) -> f64 {
    ((CUBIC + 2.0) * x - (CUBIC + 3.0)) * x * x + 1.0
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let t = x * PI;
    t.sin() / t
}
