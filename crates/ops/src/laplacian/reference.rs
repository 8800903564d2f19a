//! The reference of `laplacian`.

use crate::oracle::{Image, reflect_101};

/// The filter [0 1 0; 1 -4 1; 0 1 0] of each channel, -1020 to 1020, border reflect-101 (OpenCV's `Laplacian`, `ksize = 1`,
/// `CV_16S`).
pub fn laplacian(image: &Image<u8>) -> Image<i16> {
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let at = |dx: isize, dy: isize| {
            let x = reflect_101(x as isize + dx, image.width);
            let y = reflect_101(y as isize + dy, image.height);
            i16::from(image.at(x, y, c))
        };
        at(0, -1) + at(-1, 0) + at(1, 0) + at(0, 1) - 4 * at(0, 0)
    })
}

/// [`laplacian`] clamped to 0 to 255 (`CV_8U`).
pub fn laplacian_clamped(image: &Image<u8>) -> Image<u8> {
    let signed = laplacian(image);
    let data = signed.data.iter().map(|&value| value.clamp(0, 255) as u8);
    Image::new(image.width, image.height, image.channels, data.collect())
}
