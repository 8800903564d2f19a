//! The reference of `pyr_up`.

use crate::oracle::Image;

/// The image with twice the sides, whose pixels are weighted sums of those around them (OpenCV's `pyrUp`).
pub fn pyr_up(image: &Image<u8>) -> Image<u8> {
    // Places and weights of the pixels of the source for a pixel of the output.
    let parts = |at: usize, len: usize| {
        let middle = at / 2;
        let before = match middle {
            0 if len == 1 => 0,
            0 => 1,
            _ => middle - 1,
        };
        let behind = (middle + 1).min(len - 1);
        match at % 2 {
            0 => vec![(before, 1), (middle, 6), (behind, 1)],
            _ => vec![(middle, 4), (behind, 4)],
        }
    };
    Image::from_fn(
        2 * image.width,
        2 * image.height,
        image.channels,
        |x, y, c| {
            let mut sum = 0;
            for (row, down) in parts(y, image.height) {
                for (column, across) in parts(x, image.width) {
                    sum += down * across * u32::from(image.at(column, row, c));
                }
            }
            ((sum + 32) >> 6) as u8
        },
    )
}
