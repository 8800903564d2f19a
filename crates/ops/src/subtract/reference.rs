//! The reference of `subtract`.

use crate::binary::reference::per_sample;
use crate::oracle::Image;

/// `max(a - b, 0)` for each sample (OpenCV's `subtract`).
///
/// # Panics
/// When the shapes differ.
pub fn subtract(a: &Image<u8>, b: &Image<u8>) -> Image<u8> {
    per_sample(a, b, |a, b| (i32::from(a) - i32::from(b)).max(0) as u8)
}
