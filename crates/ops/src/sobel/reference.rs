//! The references of `sobel`, one for each output.
//!
//! Formulas: OpenCV's `Sobel` with `ksize` 3, 5 or 7, `CV_16S` and the default border, exact in integers. RGB and RGBA images are
//! converted to gray first, so that the output has one channel.

use crate::color::reference::{rgb_to_gray, rgba_to_gray};
use crate::oracle::{Image, reflect_101};
use std::borrow::Cow;

/// The weights across the derivative, and along it, of a window of `size` pixels.
fn weights(size: usize) -> (&'static [i32], &'static [i32]) {
    match size {
        3 => (&[1, 2, 1], &[-1, 0, 1]),
        5 => (&[1, 4, 6, 4, 1], &[-1, -2, 0, 2, 1]),
        7 => (&[1, 6, 15, 20, 15, 6, 1], &[-1, -4, -5, 0, 5, 4, 1]),
        size => panic!("Sobel has windows of 3, 5 or 7 pixels, not {size}"),
    }
}

/// The image converted to gray, where it is not gray already.
fn to_gray(image: &Image<u8>) -> Cow<'_, Image<u8>> {
    match image.channels {
        1 => Cow::Borrowed(image),
        3 => Cow::Owned(rgb_to_gray(image)),
        4 => Cow::Owned(rgba_to_gray(image)),
        channels => panic!("Sobel takes 1, 3 or 4 channels, the image has {channels}"),
    }
}

/// The derivatives along x and y at a pixel, clamped to i16, border reflect-101.
fn derivatives(gray: &Image<u8>, size: usize, x: usize, y: usize) -> (i32, i32) {
    let (smooth, difference) = weights(size);
    let radius = (size / 2) as isize;
    let (mut dx, mut dy) = (0, 0);
    for row in 0..size {
        for column in 0..size {
            let sx = reflect_101(x as isize + column as isize - radius, gray.width);
            let sy = reflect_101(y as isize + row as isize - radius, gray.height);
            let sample = i32::from(gray.at(sx, sy, 0));
            dx += smooth[row] * difference[column] * sample;
            dy += difference[row] * smooth[column] * sample;
        }
    }
    let clamped = |sum: i32| sum.clamp(i16::MIN.into(), i16::MAX.into());
    (clamped(dx), clamped(dy))
}

/// Derivative along x of a gray, RGB or RGBA image with a window of 3 pixels: one channel of i16, -1020 to 1020.
///
/// # Panics
/// When the image does not have 1, 3 or 4 channels.
pub fn sobel_dx(image: &Image<u8>) -> Image<i16> {
    sobel_dx_of(image, 3)
}

/// Derivative along x of a gray, RGB or RGBA image with a window of 3, 5 or 7 pixels: one channel of i16.
///
/// # Panics
/// When the image does not have 1, 3 or 4 channels, and for another window.
pub fn sobel_dx_of(image: &Image<u8>, size: usize) -> Image<i16> {
    let gray = to_gray(image);
    Image::from_fn(gray.width, gray.height, 1, |x, y, _| {
        derivatives(&gray, size, x, y).0 as i16
    })
}

/// Derivative along y of a gray, RGB or RGBA image with a window of 3, 5 or 7 pixels: one channel of i16.
///
/// # Panics
/// When the image does not have 1, 3 or 4 channels, and for another window.
pub fn sobel_dy_of(image: &Image<u8>, size: usize) -> Image<i16> {
    let gray = to_gray(image);
    Image::from_fn(gray.width, gray.height, 1, |x, y, _| {
        derivatives(&gray, size, x, y).1 as i16
    })
}

/// Gradient magnitude of a gray, RGB or RGBA image with a window of 3 pixels: see [`sobel_magnitude_of`].
///
/// # Panics
/// When the image does not have 1, 3 or 4 channels.
pub fn sobel_magnitude(image: &Image<u8>) -> Image<u8> {
    sobel_magnitude_of(image, 3)
}

/// Gradient magnitude of a gray, RGB or RGBA image with a window of 3, 5 or 7 pixels: `min(255, round_half_even(sqrt(gx^2 + gy^2)))`,
/// one channel. Squares and sum are exact in f64.
///
/// # Panics
/// When the image does not have 1, 3 or 4 channels, and for another window.
pub fn sobel_magnitude_of(image: &Image<u8>, size: usize) -> Image<u8> {
    let gray = to_gray(image);
    Image::from_fn(gray.width, gray.height, 1, |x, y, _| {
        let (gx, gy) = derivatives(&gray, size, x, y);
        let (gx, gy) = (f64::from(gx), f64::from(gy));
        (gx * gx + gy * gy).sqrt().round_ties_even().min(255.0) as u8
    })
}
