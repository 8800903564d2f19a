//! The references of `resize` with exact sums: linear, cubic and Lanczos.

use super::bilinear::{Taps, halve};
use super::scale;
use crate::oracle::Image;
use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// Source indices and integer weights of an output index.
type Weighted = Vec<(usize, i32)>;

/// The rounded sums of `sample * weight * weight`, with `shift` fractional bits.
fn sums(
    image: &Image<u8>,
    (width, height): (usize, usize),
    shift: u32,
    taps: impl Fn(usize, usize, usize) -> Weighted,
) -> Image<u8> {
    let columns: Vec<_> = (0..width).map(|x| taps(x, image.width, width)).collect();
    let lines: Vec<_> = (0..height).map(|y| taps(y, image.height, height)).collect();
    Image::from_fn(width, height, image.channels, |x, y, c| {
        let mut sum = 1i64 << (shift - 1);
        for &(row, line_weight) in &lines[y] {
            for &(column, column_weight) in &columns[x] {
                let weight = i64::from(line_weight) * i64::from(column_weight);
                sum += weight * i64::from(image.at(column, row, c));
            }
        }
        (sum >> shift).clamp(0, 255) as u8
    })
}

/// Linear resize to `width` x `height` with exact sums, any number of channels: OpenCV's `INTER_LINEAR_EXACT`. The weights have 8
/// fractional bits. At exactly half the size on both axes, the output is the rounded mean of each 2x2 block.
///
/// # Panics
/// When `width` or `height` is 0.
pub fn resize_linear_exact(image: &Image<u8>, width: usize, height: usize) -> Image<u8> {
    if image.width == 2 * width && image.height == 2 * height {
        return halve(image);
    }
    sums(image, (width, height), 16, |d, src, dst| {
        let position = scale(src, dst) * (d as f64 + 0.5) - 0.5;
        let index = position.floor();
        if index < 0.0 || src == 1 {
            vec![(0, 256)]
        } else if index as usize >= src - 1 {
            vec![(src - 1, 256)]
        } else {
            let second = ((position - index) * 256.0).round_ties_even() as i32;
            vec![(index as usize, 256 - second), (index as usize + 1, second)]
        }
    })
}

/// Cubic resize to `width` x `height`, any number of channels: Keys' kernel with a = -0.75 and weights with 11 fractional bits.
///
/// This is the integer formula of OpenCV's `INTER_CUBIC`, which OpenCV itself uses in the last columns of a row alone (see
/// [`Interpolation::Cubic`](crate::Interpolation::Cubic)).
///
/// # Panics
/// When `width` or `height` is 0.
pub fn resize_cubic(image: &Image<u8>, width: usize, height: usize) -> Image<u8> {
    const A: f32 = -0.75;
    sums(image, (width, height), 22, |d, src, dst| {
        let Taps { first, fraction } = Taps::new(d, src, dst);
        let outer = |x: f32| ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A;
        let inner = |x: f32| ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0;
        let mut weights = [
            outer(fraction + 1.0),
            inner(fraction),
            inner(1.0 - fraction),
            0.0,
        ];
        weights[3] = 1.0 - weights[0] - weights[1] - weights[2];
        clamped(first - 1, src, &weights)
    })
}

/// Lanczos resize over 8x8 pixels to `width` x `height`, any number of channels: OpenCV's `INTER_LANCZOS4`. The weights have 11
/// fractional bits.
///
/// # Panics
/// When `width` or `height` is 0.
pub fn resize_lanczos4(image: &Image<u8>, width: usize, height: usize) -> Image<u8> {
    // sin(y - i pi / 4) for the distances i, from sin(y) and cos(y).
    const Q: f64 = FRAC_1_SQRT_2;
    const SINES: [f64; 8] = [1.0, -Q, 0.0, Q, -1.0, Q, 0.0, -Q];
    const COSINES: [f64; 8] = [0.0, -Q, 1.0, -Q, 0.0, Q, -1.0, Q];
    sums(image, (width, height), 22, |d, src, dst| {
        let Taps { first, fraction } = Taps::new(d, src, dst);
        let farthest = -f64::from(fraction + 3.0) * PI * 0.25;
        let mut weights = [0.0f32; 8];
        for i in 0..8 {
            let distance = fraction + 3.0 - i as f32;
            let angle = -f64::from(distance) * PI * 0.25;
            let sine = SINES[i] * farthest.sin() + COSINES[i] * farthest.cos();
            weights[i] = if distance.abs() < 1e-6 {
                1e30
            } else {
                (sine / (angle * angle)) as f32
            };
        }
        let inverse = 1.0 / weights.iter().fold(0.0f32, |sum, weight| sum + weight);
        clamped(first - 3, src, &weights.map(|weight| weight * inverse))
    })
}

/// The weights of consecutive positions from `first` on, rounded to 11 fractional bits. A position outside the source is the border
/// pixel.
fn clamped(first: isize, src: usize, weights: &[f32]) -> Weighted {
    let weights = weights.iter().enumerate().map(|(i, weight)| {
        let index = (first + i as isize).clamp(0, src as isize - 1);
        (index as usize, (weight * 2048.0).round_ties_even() as i32)
    });
    weights.collect()
}
