//! The reference of `dilate`.

use crate::oracle::{Image, inside, windows};

/// The maximum of the `size` x `size` window around each sample; positions outside the image are ignored
/// (OpenCV's `dilate` with a rectangle).
///
/// # Panics
/// When `size` is even.
pub fn dilate(image: &Image<u8>, size: usize) -> Image<u8> {
    windows(image, size, inside, |samples| {
        samples.iter().fold(0, |most, &sample| most.max(sample))
    })
}
