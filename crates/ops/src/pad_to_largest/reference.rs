//! The reference of `pad_to_largest`.

use crate::oracle::Image;
use crate::pad_to::reference::pad_to;

/// An image of at most 4 channels, padded to the sides `largest`, which are rounded up to multiples of `multiple`. The image is at the
/// top left, or where it is `centered`, in the middle.
///
/// # Panics
/// When the image has more than 4 channels.
pub fn pad_to_largest<T: Copy>(
    image: &Image<T>,
    largest: [usize; 2],
    multiple: usize,
    centered: bool,
    value: [T; 4],
) -> Image<T> {
    pad_to(image, largest, false, multiple, centered, value)
}
