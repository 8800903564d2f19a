//! Scharr derivatives.

use crate::oracle::{Image, reflect_101};

/// The derivative along x: `[3 10 3]` down, `[-1 0 1]` across, border reflect-101, -4080 to 4080, each channel by itself
/// (OpenCV's `Scharr`, `CV_16S`).
pub fn scharr_dx(image: &Image<u8>) -> Image<i16> {
    derivative(image, |across, down| (across, down))
}

/// The derivative along y: `[-1 0 1]` down, `[3 10 3]` across; otherwise as [`scharr_dx`].
pub fn scharr_dy(image: &Image<u8>) -> Image<i16> {
    derivative(image, |across, down| (down, across))
}

/// Weighs the samples around each. `turn` gives the offsets along and across the derivative.
fn derivative(image: &Image<u8>, turn: fn(isize, isize) -> (isize, isize)) -> Image<i16> {
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let mut sum = 0;
        for dy in -1..=1 {
            for dx in -1..=1 {
                let (along, beside) = turn(dx, dy);
                let weight = along as i16 * if beside == 0 { 10 } else { 3 };
                let sx = reflect_101(x as isize + dx, image.width);
                let sy = reflect_101(y as isize + dy, image.height);
                sum += weight * i16::from(image.at(sx, sy, c));
            }
        }
        sum
    })
}
