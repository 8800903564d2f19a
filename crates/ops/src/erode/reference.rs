//! Reference of the erosion.

use crate::oracle::{Image, inside, windows};

/// The least of `size` x `size` samples; what is outside takes no part (OpenCV's `erode` with a rectangle).
///
/// # Panics
/// When `size` is even.
pub fn erode(image: &Image<u8>, size: usize) -> Image<u8> {
    windows(image, size, inside, |samples| {
        samples.iter().fold(255, |least, &sample| least.min(sample))
    })
}
