//! The reference of `add_weighted`.

use crate::binary::reference::per_sample;
use crate::oracle::Image;

/// `a * alpha + (b * beta + gamma)` with two fused multiply-adds in f32, for each sample of the images; of images of fewer than 16 samples
/// `(a * alpha + f32(b * beta)) + gamma`. Rounded, ties to even, and clamped (OpenCV's `addWeighted`).
///
/// # Panics
/// When the shapes differ.
pub fn add_weighted(a: &Image<u8>, b: &Image<u8>, [alpha, beta, gamma]: [f64; 3]) -> Image<u8> {
    let [alpha, beta, gamma] = [alpha, beta, gamma].map(|number| number as f32);
    let is_small = a.data.len() < 16;
    per_sample(a, b, |a, b| {
        let (a, b) = (f32::from(a), f32::from(b));
        let sum = if is_small {
            f32::mul_add(a, alpha, b * beta) + gamma
        } else {
            f32::mul_add(a, alpha, f32::mul_add(b, beta, gamma))
        };
        sum.round_ties_even().clamp(0.0, 255.0) as u8
    })
}
