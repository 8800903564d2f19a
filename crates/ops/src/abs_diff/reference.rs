//! The reference of `abs_diff`.

use crate::binary::reference::per_sample;
use crate::oracle::Image;

/// `|a - b|` for each sample (OpenCV's `absdiff`).
///
/// # Panics
/// When the shapes differ.
pub fn abs_diff(a: &Image<u8>, b: &Image<u8>) -> Image<u8> {
    per_sample(a, b, |a, b| {
        (i32::from(a) - i32::from(b)).unsigned_abs() as u8
    })
}
