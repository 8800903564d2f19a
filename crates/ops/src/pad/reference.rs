//! Operators that move pixels: crop, flip, pad, letterbox.

use super::{Image, reflect_101, resize_bilinear};

/// The `width` x `height` pixels from column `x` and row `y` on (NumPy's `image[y:y + height, x:x + width]`).
///
/// # Panics
/// When they are not all inside the image.
pub fn crop(image: &Image<u8>, x: usize, y: usize, width: usize, height: usize) -> Image<u8> {
    Image::from_fn(width, height, image.channels, |dx, dy, c| {
        image.at(x + dx, y + dy, c)
    })
}

/// The middle `width` x `height` pixels: [`crop`] at half of the rest, rounded down.
///
/// # Panics
/// When the image is smaller.
pub fn center_crop(image: &Image<u8>, width: usize, height: usize) -> Image<u8> {
    let (x, y) = ((image.width - width) / 2, (image.height - height) / 2);
    crop(image, x, y, width, height)
}

/// Mirrors along x, y or both (OpenCV's `flip`).
pub fn flip(image: &Image<u8>, along_x: bool, along_y: bool) -> Image<u8> {
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let x = if along_x { image.width - 1 - x } else { x };
        let y = if along_y { image.height - 1 - y } else { y };
        image.at(x, y, c)
    })
}

/// What [`pad`] puts around an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// This colour, channel by channel (`BORDER_CONSTANT`).
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

/// Resizes to fit `width` x `height`, keeping the proportions, and pads with a colour; see
/// [`Letterbox`](crate::Letterbox) for the sizes.
pub fn letterbox(image: &Image<u8>, width: usize, height: usize, value: [u8; 4]) -> Image<u8> {
    let ratio = |target: usize, source: usize| target as f64 / source as f64;
    let scale = ratio(width, image.width).min(ratio(height, image.height));
    let scaled = |side: usize| ((side as f64 * scale).round_ties_even() as usize).max(1);
    let inner = resize_bilinear(image, scaled(image.width), scaled(image.height));
    let (across, down) = (width - inner.width, height - inner.height);
    let sides = [across / 2, down / 2, across - across / 2, down - down / 2];
    pad(&inner, sides, Border::Constant(value))
}
