//! The reference of `max`.

use crate::binary::reference::per_sample;
use crate::oracle::Image;

/// The larger of `a` and `b` for each sample (OpenCV's `max`).
///
/// # Panics
/// When the shapes differ.
pub fn max(a: &Image<u8>, b: &Image<u8>) -> Image<u8> {
    per_sample(a, b, |a, b| if a > b { a } else { b })
}
