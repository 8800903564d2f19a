//! The reference of `tile`.

use crate::oracle::Image;

/// The image `columns` times side by side, and that `rows` times one above the other (OpenCV's `repeat`).
pub fn tile<T: Copy>(image: &Image<T>, columns: usize, rows: usize) -> Image<T> {
    let (width, height) = (image.width * columns, image.height * rows);
    Image::from_fn(width, height, image.channels, |x, y, c| {
        image.at(x % image.width, y % image.height, c)
    })
}
