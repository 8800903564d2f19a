//! Operators with two inputs.

use super::Image;

/// Combines the samples at equal places.
fn per_sample(a: &Image<u8>, b: &Image<u8>, combine: impl Fn(u8, u8) -> u8) -> Image<u8> {
    let shape = |image: &Image<u8>| (image.width, image.height, image.channels);
    assert_eq!(shape(a), shape(b), "the images have one shape");
    Image::from_fn(a.width, a.height, a.channels, |x, y, c| {
        combine(a.at(x, y, c), b.at(x, y, c))
    })
}

/// `|a - b|` of each sample (OpenCV's `absdiff`).
///
/// # Panics
/// When the shapes differ.
pub fn abs_diff(a: &Image<u8>, b: &Image<u8>) -> Image<u8> {
    per_sample(a, b, |a, b| {
        (i32::from(a) - i32::from(b)).unsigned_abs() as u8
    })
}

/// `(a k + b (256 - k) + 128) >> 8` of each sample, with `k = round(alpha * 256)`, halves away from zero.
///
/// # Panics
/// When the shapes differ, or `alpha` is not within 0 to 1.
pub fn blend(a: &Image<u8>, b: &Image<u8>, alpha: f64) -> Image<u8> {
    assert!((0.0..=1.0).contains(&alpha), "alpha is 0 to 1, got {alpha}");
    let k = (alpha * 256.0).round() as u32;
    per_sample(a, b, |a, b| {
        ((u32::from(a) * k + u32::from(b) * (256 - k) + 128) >> 8) as u8
    })
}
