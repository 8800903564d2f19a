//! The references of `color`, one for each conversion.
//!
//! Formula of gray: OpenCV's `cvtColor` for 8-bit images, ITU-R BT.601 luma with 15 fractional bits:
//! `(9798 R + 19235 G + 3735 B + 16384) >> 15`. The weights sum to 32768, so white stays 255. It is equal to OpenCV for
//! all 2^24 colors. The other conversions copy samples; alpha is 255 where the source has none.

use crate::color::LUMA;
use crate::oracle::Image;

/// The BT.601 luma of a color, rounded, 0 to 255.
fn luma(r: u8, g: u8, b: u8) -> u8 {
    let products = LUMA.into_iter().zip([r, g, b]);
    let sum: u32 = products
        .map(|(weight, sample)| u32::from(weight) * u32::from(sample))
        .sum();
    ((sum + 16384) >> 15) as u8
}

/// The image with `N` channels whose pixels are `convert` of the input pixels at the same positions.
fn per_pixel<const N: usize>(
    image: &Image<u8>,
    channels: usize,
    convert: impl Fn(&[u8]) -> [u8; N],
) -> Image<u8> {
    assert_eq!(
        image.channels, channels,
        "the conversion takes {channels} channels, the image has {}",
        image.channels
    );
    let mut data = Vec::with_capacity(image.width * image.height * N);
    for pixel in image.data.chunks_exact(channels) {
        data.extend_from_slice(&convert(pixel));
    }
    Image::new(image.width, image.height, N, data)
}

/// RGB (3 channels) to gray (1 channel).
///
/// # Panics
/// When the image does not have 3 channels.
pub fn rgb_to_gray(image: &Image<u8>) -> Image<u8> {
    per_pixel(image, 3, |p| [luma(p[0], p[1], p[2])])
}

/// BGR (3 channels) to gray (1 channel).
///
/// # Panics
/// When the image does not have 3 channels.
pub fn bgr_to_gray(image: &Image<u8>) -> Image<u8> {
    per_pixel(image, 3, |p| [luma(p[2], p[1], p[0])])
}

/// RGBA (4 channels) to gray (1 channel); alpha is ignored.
///
/// # Panics
/// When the image does not have 4 channels.
pub fn rgba_to_gray(image: &Image<u8>) -> Image<u8> {
    per_pixel(image, 4, |p| [luma(p[0], p[1], p[2])])
}

/// RGB to BGR (3 channels each).
///
/// # Panics
/// When the image does not have 3 channels.
pub fn rgb_to_bgr(image: &Image<u8>) -> Image<u8> {
    per_pixel(image, 3, |p| [p[2], p[1], p[0]])
}

/// BGR to RGB (3 channels each).
///
/// # Panics
/// When the image does not have 3 channels.
pub fn bgr_to_rgb(image: &Image<u8>) -> Image<u8> {
    per_pixel(image, 3, |p| [p[2], p[1], p[0]])
}

/// RGBA (4 channels) to RGB (3 channels): alpha is dropped without blending.
///
/// # Panics
/// When the image does not have 4 channels.
pub fn rgba_to_rgb(image: &Image<u8>) -> Image<u8> {
    per_pixel(image, 4, |p| [p[0], p[1], p[2]])
}

/// RGB (3 channels) to RGBA (4 channels) with alpha 255.
///
/// # Panics
/// When the image does not have 3 channels.
pub fn rgb_to_rgba(image: &Image<u8>) -> Image<u8> {
    per_pixel(image, 3, |p| [p[0], p[1], p[2], 255])
}

/// Gray (1 channel) to RGB (3 channels); each channel is the gray value.
///
/// # Panics
/// When the image does not have 1 channel.
pub fn gray_to_rgb(image: &Image<u8>) -> Image<u8> {
    per_pixel(image, 1, |p| [p[0], p[0], p[0]])
}
