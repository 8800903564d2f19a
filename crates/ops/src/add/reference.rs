//! The reference of `add`.

use crate::binary::reference::per_sample;
use crate::oracle::Image;

/// `min(a + b, 255)` for each sample (OpenCV's `add`).
///
/// # Panics
/// When the shapes differ.
pub fn add(a: &Image<u8>, b: &Image<u8>) -> Image<u8> {
    per_sample(a, b, |a, b| (u32::from(a) + u32::from(b)).min(255) as u8)
}
