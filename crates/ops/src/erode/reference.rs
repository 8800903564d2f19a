//! The reference of `erode`.

use crate::oracle::{Image, inside, windows};

/// The minimum of the `size` x `size` window around each sample; positions outside the image are ignored
/// (OpenCV's `erode` with a rectangle).
///
/// # Panics
/// When `size` is even.
pub fn erode(image: &Image<u8>, size: usize) -> Image<u8> {
    windows(image, size, inside, |samples| {
        samples.iter().fold(255, |least, &sample| least.min(sample))
    })
}
