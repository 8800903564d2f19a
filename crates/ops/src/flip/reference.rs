//! The reference of `flip`.

use crate::oracle::Image;

/// The image mirrored along x, y or both (OpenCV's `flip`).
pub fn flip<T: Copy>(image: &Image<T>, along_x: bool, along_y: bool) -> Image<T> {
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let x = if along_x { image.width - 1 - x } else { x };
        let y = if along_y { image.height - 1 - y } else { y };
        image.at(x, y, c)
    })
}
