//! The reference of `bitwise_not`.

use crate::oracle::Image;

/// `p ^ 255` for each sample `p` (OpenCV's `bitwise_not`).
pub fn bitwise_not(image: &Image<u8>) -> Image<u8> {
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        image.at(x, y, c) ^ 255
    })
}
