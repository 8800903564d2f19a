//! The reference of `pad`.

use crate::oracle::{Image, reflect_101};

/// The border mode of [`pad`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border<T = u8> {
    /// A color, one sample for each channel (`BORDER_CONSTANT`).
    Constant([T; 4]),
    /// The nearest pixel of the image (`BORDER_REPLICATE`).
    Replicate,
    /// The image mirrored at its border pixel (`BORDER_REFLECT_101`).
    Reflect101,
}

/// An image of at most 4 channels with a border of these pixels at the left, top, right and bottom (OpenCV's `copyMakeBorder`).
///
/// # Panics
/// When the image has more than 4 channels and the border is constant.
pub fn pad<T: Copy>(image: &Image<T>, sides: [usize; 4], border: Border<T>) -> Image<T> {
    let [left, top, right, bottom] = sides;
    let (width, height) = (image.width + left + right, image.height + top + bottom);
    Image::from_fn(width, height, image.channels, |x, y, c| {
        let (x, y) = (x as isize - left as isize, y as isize - top as isize);
        let inside = |at: isize, len: usize| 0 <= at && at < len as isize;
        let position = |at: isize, len: usize| match border {
            Border::Reflect101 => reflect_101(at, len),
            _ => at.clamp(0, len as isize - 1) as usize,
        };
        match border {
            Border::Constant(value) if !inside(x, image.width) || !inside(y, image.height) => {
                value[c]
            }
            _ => image.at(position(x, image.width), position(y, image.height), c),
        }
    })
}
