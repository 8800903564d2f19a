//! Reference of the dilation.

use crate::oracle::{Image, inside, windows};

/// The largest of `size` x `size` samples; what is outside takes no part (OpenCV's `dilate` with a rectangle).
///
/// # Panics
/// When `size` is even.
pub fn dilate(image: &Image<u8>, size: usize) -> Image<u8> {
    windows(image, size, inside, |samples| {
        samples.iter().fold(0, |most, &sample| most.max(sample))
    })
}
