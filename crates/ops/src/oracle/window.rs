//! Operators over square windows: box blur, erosion, dilation, median.

use super::{Image, reflect_101};

/// Calls `f` with the samples of the window of odd `size` around each sample; `place` maps an index outside the image
/// into it, or to none.
fn windows(
    image: &Image<u8>,
    size: usize,
    place: impl Fn(isize, usize) -> Option<usize>,
    f: impl Fn(&[u8]) -> u8,
) -> Image<u8> {
    assert!(size % 2 == 1, "a window has an odd size, got {size}");
    let radius = (size / 2) as isize;
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let mut samples = Vec::with_capacity(size * size);
        for dy in -radius..=radius {
            for dx in -radius..=radius {
                let column = place(x as isize + dx, image.width);
                let row = place(y as isize + dy, image.height);
                if let (Some(column), Some(row)) = (column, row) {
                    samples.push(image.at(column, row, c));
                }
            }
        }
        f(&samples)
    })
}

fn inside(index: isize, len: usize) -> Option<usize> {
    usize::try_from(index).ok().filter(|&index| index < len)
}

/// `(sum + n * n / 2) / (n * n)` over `n` x `n` samples, border reflect-101 (OpenCV's `blur`).
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

/// The least of `size` x `size` samples; what is outside takes no part (OpenCV's `erode` with a rectangle).
///
/// # Panics
/// When `size` is even.
pub fn erode(image: &Image<u8>, size: usize) -> Image<u8> {
    windows(image, size, inside, |samples| {
        samples.iter().fold(255, |least, &sample| least.min(sample))
    })
}

/// The largest of `size` x `size` samples; what is outside takes no part (OpenCV's `dilate` with a rectangle).
///
/// # Panics
/// When `size` is even.
pub fn dilate(image: &Image<u8>, size: usize) -> Image<u8> {
    windows(image, size, inside, |samples| {
        samples.iter().fold(0, |most, &sample| most.max(sample))
    })
}

/// The median of `size` x `size` samples, the border pixel repeated outside (OpenCV's `medianBlur`).
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
