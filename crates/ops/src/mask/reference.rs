//! The reference of `mask`.

use crate::oracle::Image;

/// The samples of an image where the mask is not 0, else those of `value` (OpenCV's `copyTo` into an image of `value`). The mask has one
/// channel, or those of the image.
///
/// # Panics
/// When the sizes differ, or the image has more than four channels.
pub fn mask(image: &Image<u8>, mask: &Image<u8>, value: [u8; 4]) -> Image<u8> {
    assert_eq!(
        (image.width, image.height),
        (mask.width, mask.height),
        "the images have one size"
    );
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let shown = mask.at(x, y, if mask.channels == 1 { 0 } else { c });
        if shown == 0 {
            value[c]
        } else {
            image.at(x, y, c)
        }
    })
}
