//! The reference of `median_blur`.

use crate::oracle::{Image, windows};

/// The median of the `size` x `size` window around each sample, border mode replicate (OpenCV's `medianBlur`).
///
/// # Panics
/// When `size` is even.
pub fn median_blur(image: &Image<u8>, size: usize) -> Image<u8> {
    let repeated = |index: isize, len: usize| Some(index.clamp(0, len as isize - 1) as usize);
    windows(image, size, repeated, |samples| {
        let mut samples = samples.to_vec();
        samples.sort_unstable();
        samples[samples.len() / 2]
    })
}
