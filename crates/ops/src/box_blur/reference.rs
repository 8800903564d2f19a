//! The reference of `box_blur`.

use crate::oracle::{Image, reflect_101, windows};

/// `(sum + n * n / 2) / (n * n)` of the `n` x `n` window around each sample, border reflect-101 (OpenCV's `blur`).
///
/// # Panics
/// When `size` is even.
pub fn box_blur(image: &Image<u8>, size: usize) -> Image<u8> {
    let mirrored = |index, len| Some(reflect_101(index, len));
    windows(image, size, mirrored, |samples| {
        let sum: usize = samples.iter().map(|&sample| usize::from(sample)).sum();
        ((sum + samples.len() / 2) / samples.len()) as u8
    })
}
