//! The reference of `crop`.

use crate::oracle::Image;

/// The `width` x `height` pixels that begin at column `x` and row `y` (NumPy's `image[y:y + height, x:x + width]`).
///
/// # Panics
/// When not all of them are inside the image.
pub fn crop<T: Copy>(
    image: &Image<T>,
    x: usize,
    y: usize,
    width: usize,
    height: usize,
) -> Image<T> {
    Image::from_fn(width, height, image.channels, |dx, dy, c| {
        image.at(x + dx, y + dy, c)
    })
}
