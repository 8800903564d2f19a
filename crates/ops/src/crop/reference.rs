//! Reference of the crop.

use crate::oracle::Image;

/// The `width` x `height` pixels from column `x` and row `y` on (NumPy's `image[y:y + height, x:x + width]`).
///
/// # Panics
/// When they are not all inside the image.
pub fn crop(image: &Image<u8>, x: usize, y: usize, width: usize, height: usize) -> Image<u8> {
    Image::from_fn(width, height, image.channels, |dx, dy, c| {
        image.at(x + dx, y + dy, c)
    })
}
