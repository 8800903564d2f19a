//! The references of `sobel`, one for each output.
//!
//! Formulas: OpenCV's `Sobel` with a 3x3 kernel, `CV_16S` and the default border, exact in integers. RGB and RGBA images are
//! converted to gray first, so that the output has one channel.

use crate::color::reference::{rgb_to_gray, rgba_to_gray};
use crate::oracle::{Image, reflect_101};
use std::borrow::Cow;

/// Derivative along x: `[1 2 1]` down, `[-1 0 1]` across.
const DX: [[i32; 3]; 3] = [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]];
/// Derivative along y: `[-1 0 1]` down, `[1 2 1]` across.
const DY: [[i32; 3]; 3] = [[-1, -2, -1], [0, 0, 0], [1, 2, 1]];

/// The image converted to gray, where it is not gray already.
fn to_gray(image: &Image<u8>) -> Cow<'_, Image<u8>> {
    match image.channels {
        1 => Cow::Borrowed(image),
        3 => Cow::Owned(rgb_to_gray(image)),
        4 => Cow::Owned(rgba_to_gray(image)),
        channels => panic!("Sobel takes 1, 3 or 4 channels, the image has {channels}"),
    }
}

/// The weighted sum of the 3x3 neighborhood, from -1020 to 1020, border reflect-101.
fn derivative(gray: &Image<u8>, kernel: &[[i32; 3]; 3], x: usize, y: usize) -> i32 {
    let mut sum = 0;
    for (row, weights) in kernel.iter().enumerate() {
        for (column, weight) in weights.iter().enumerate() {
            let sx = reflect_101(x as isize + column as isize - 1, gray.width);
            let sy = reflect_101(y as isize + row as isize - 1, gray.height);
            sum += weight * i32::from(gray.at(sx, sy, 0));
        }
    }
    sum
}

/// Derivative along x of a gray, RGB or RGBA image: one channel of i16, -1020 to 1020.
///
/// # Panics
/// When the image does not have 1, 3 or 4 channels.
pub fn sobel_dx(image: &Image<u8>) -> Image<i16> {
    let gray = to_gray(image);
    Image::from_fn(gray.width, gray.height, 1, |x, y, _| {
        derivative(&gray, &DX, x, y) as i16
    })
}

/// Derivative along y of a gray, RGB or RGBA image: one channel of i16, -1020 to 1020.
///
/// # Panics
/// When the image does not have 1, 3 or 4 channels.
pub fn sobel_dy(image: &Image<u8>) -> Image<i16> {
    let gray = to_gray(image);
    Image::from_fn(gray.width, gray.height, 1, |x, y, _| {
        derivative(&gray, &DY, x, y) as i16
    })
}

/// Gradient magnitude of a gray, RGB or RGBA image: `min(255, round_half_even(sqrt(f32(gx^2 + gy^2))))`, one channel.
///
/// `gx^2 + gy^2` is at most 2 * 1020^2, below 2^24, and therefore exact in f32; the IEEE square root is correctly rounded.
///
/// # Panics
/// When the image does not have 1, 3 or 4 channels.
pub fn sobel_magnitude(image: &Image<u8>) -> Image<u8> {
    let gray = to_gray(image);
    Image::from_fn(gray.width, gray.height, 1, |x, y, _| {
        let gx = derivative(&gray, &DX, x, y);
        let gy = derivative(&gray, &DY, x, y);
        let root = ((gx * gx + gy * gy) as f32).sqrt();
        root.round_ties_even().min(255.0) as u8
    })
}
