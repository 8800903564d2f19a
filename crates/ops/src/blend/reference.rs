//! The reference of `blend`.

use crate::binary::reference::per_sample;
use crate::oracle::Image;

/// `(a k + b (256 - k) + 128) >> 8` for each sample, with `k = round(alpha * 256)`, halves away from zero.
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
