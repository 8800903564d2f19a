//! The reference of `pad_mask`.

use crate::oracle::Image;
use crate::pad_to::reference::pad_to;

/// The mask of [`pad_to`] of an image of `width` x `height` pixels: its image of ones, padded with zeros.
pub fn pad_mask(
    [width, height]: [usize; 2],
    least: [usize; 2],
    square: bool,
    multiple: usize,
    centered: bool,
) -> Image<u8> {
    let ones = Image::new(width, height, 1, vec![1; width * height]);
    pad_to(&ones, least, square, multiple, centered, [0; 4])
}
