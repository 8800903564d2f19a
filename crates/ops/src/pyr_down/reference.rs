//! The reference of `pyr_down`.

use super::PyrDownBorder;
use crate::oracle::{Image, reflect, reflect_101};

/// The sums of 5x5 pixels with the weights [1 4 6 4 1] on both axes around every second pixel of every second row, rounded (OpenCV's
/// `pyrDown`).
pub fn pyr_down(image: &Image<u8>, border: PyrDownBorder) -> Image<u8> {
    const WEIGHTS: [u32; 5] = [1, 4, 6, 4, 1];
    let inside = |index: isize, len: usize| match border {
        PyrDownBorder::Replicate => index.clamp(0, len as isize - 1) as usize,
        PyrDownBorder::Reflect => reflect(index, len),
        PyrDownBorder::Reflect101 => reflect_101(index, len),
        PyrDownBorder::Wrap => index.rem_euclid(len as isize) as usize,
    };
    let (width, height) = (image.width.div_ceil(2), image.height.div_ceil(2));
    Image::from_fn(width, height, image.channels, |x, y, c| {
        let mut sum = 0;
        for (j, down) in WEIGHTS.iter().enumerate() {
            for (i, across) in WEIGHTS.iter().enumerate() {
                let column = inside((2 * x + i) as isize - 2, image.width);
                let row = inside((2 * y + j) as isize - 2, image.height);
                sum += down * across * u32::from(image.at(column, row, c));
            }
        }
        ((sum + 128) >> 8) as u8
    })
}
