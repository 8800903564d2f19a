//! The reference of `threshold`.

use crate::oracle::Image;

/// `p > threshold ? maximum : 0` for each sample `p` (OpenCV's `threshold`, `THRESH_BINARY`).
pub fn threshold(image: &Image<u8>, threshold: u8, maximum: u8) -> Image<u8> {
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        if image.at(x, y, c) > threshold {
            maximum
        } else {
            0
        }
    })
}
