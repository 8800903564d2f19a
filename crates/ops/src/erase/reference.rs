//! The reference of `erase`.

use crate::crop::CropBox;
use crate::oracle::Image;

/// The image with `value` in the rectangle (NumPy's `image[y:y + height, x:x + width] = value`).
///
/// # Panics
/// When the image has more than 4 channels.
pub fn erase<T: Copy>(image: &Image<T>, rectangle: CropBox, value: [T; 4]) -> Image<T> {
    let CropBox {
        x: left,
        y: top,
        width,
        height,
    } = rectangle;
    let inside = |at: usize, first: u32, count: u32| {
        (first as usize..first as usize + count as usize).contains(&at)
    };
    Image::from_fn(
        image.width,
        image.height,
        image.channels,
        |x, y, c| match inside(x, left, width) && inside(y, top, height) {
            true => value[c],
            false => image.at(x, y, c),
        },
    )
}
