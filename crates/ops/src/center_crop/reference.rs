//! The reference of `center_crop`.

use crate::crop::reference::crop;
use crate::oracle::Image;

/// The middle `width` x `height` pixels: [`crop`] at half of the difference in size, rounded down.
///
/// # Panics
/// When the image is smaller.
pub fn center_crop(image: &Image<u8>, width: usize, height: usize) -> Image<u8> {
    let (x, y) = ((image.width - width) / 2, (image.height - height) / 2);
    crop(image, x, y, width, height)
}
