//! The reference of `pad_to`.

use crate::oracle::Image;
use crate::pad::reference::{Border, pad};

/// An image of at most 4 channels with a constant border, whose sides are each at least `least` pixels, then equal when they are
/// to be `square`, then multiples of `multiple`. The image is at the top left, or where it is `centered`, in the middle.
///
/// # Panics
/// When the image has more than 4 channels.
pub fn pad_to<T: Copy>(
    image: &Image<T>,
    least: [usize; 2],
    square: bool,
    multiple: usize,
    centered: bool,
    value: [T; 4],
) -> Image<T> {
    let (mut width, mut height) = (image.width.max(least[0]), image.height.max(least[1]));
    if square {
        (width, height) = (width.max(height), width.max(height));
    }
    while !width.is_multiple_of(multiple) {
        width += 1;
    }
    while !height.is_multiple_of(multiple) {
        height += 1;
    }
    let (across, down) = (width - image.width, height - image.height);
    let (left, top) = match centered {
        true => (across / 2, down / 2),
        false => (0, 0),
    };
    let sides = [left, top, across - left, down - top];
    pad(image, sides, Border::Constant(value))
}
