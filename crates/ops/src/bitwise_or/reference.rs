//! The reference of `bitwise_or`.

use crate::binary::reference::per_sample;
use crate::oracle::Image;

/// `a | b` for each sample (OpenCV's `bitwise_or`).
///
/// # Panics
/// When the shapes differ.
pub fn bitwise_or(a: &Image<u8>, b: &Image<u8>) -> Image<u8> {
    per_sample(a, b, |a, b| a | b)
}
