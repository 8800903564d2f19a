//! Reference of the padding.

use crate::oracle::{Image, reflect_101};

/// What [`pad`] puts around an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// This color, channel by channel (`BORDER_CONSTANT`).
    Constant([u8; 4]),
    /// The border pixel (`BORDER_REPLICATE`).
    Replicate,
    /// The mirrored image (`BORDER_REFLECT_101`).
    Reflect101,
}

/// Puts pixels around an image of at most 4 channels; `sides` are left, top, right, bottom (OpenCV's `copyMakeBorder`).
///
/// # Panics
/// When the image has more than 4 channels and the border is constant.
pub fn pad(image: &Image<u8>, sides: [usize; 4], border: Border) -> Image<u8> {
    let [left, top, right, bottom] = sides;
    let (width, height) = (image.width + left + right, image.height + top + bottom);
    Image::from_fn(width, height, image.channels, |x, y, c| {
        let (x, y) = (x as isize - left as isize, y as isize - top as isize);
        let inside = |at: isize, len: usize| 0 <= at && at < len as isize;
        let place = |at: isize, len: usize| match border {
            Border::Reflect101 => reflect_101(at, len),
            _ => at.clamp(0, len as isize - 1) as usize,
        };
        match border {
            Border::Constant(value) if !inside(x, image.width) || !inside(y, image.height) => {
                value[c]
            }
            _ => image.at(place(x, image.width), place(y, image.height), c),
        }
    })
}
