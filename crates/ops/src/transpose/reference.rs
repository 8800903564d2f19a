//! The reference of `transpose`.

use super::TransposeMethod;
use crate::oracle::Image;

/// The image with rows and columns exchanged, and mirrored as the method says (OpenCV's `transpose` and `rotate`).
pub fn transpose<T: Copy>(image: &Image<T>, method: TransposeMethod) -> Image<T> {
    let (width, height) = (image.width, image.height);
    Image::from_fn(height, width, image.channels, |x, y, c| {
        let (x, y) = match method {
            TransposeMethod::Transpose => (y, x),
            TransposeMethod::Transverse => (width - 1 - y, height - 1 - x),
            TransposeMethod::Clockwise => (y, height - 1 - x),
            TransposeMethod::Counterclockwise => (width - 1 - y, x),
        };
        image.at(x, y, c)
    })
}
