//! The reference of `min`.

use crate::binary::reference::per_sample;
use crate::oracle::Image;

/// The smaller of `a` and `b` for each sample (OpenCV's `min`).
///
/// # Panics
/// When the shapes differ.
pub fn min(a: &Image<u8>, b: &Image<u8>) -> Image<u8> {
    per_sample(a, b, |a, b| if a < b { a } else { b })
}
