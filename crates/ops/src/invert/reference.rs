//! The reference of `invert`.

use crate::oracle::Image;

/// `255 - p` for each sample `p`.
pub fn invert(image: &Image<u8>) -> Image<u8> {
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        255 - image.at(x, y, c)
    })
}
