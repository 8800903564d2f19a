//! The reference of `letterbox`.

use crate::oracle::Image;
use crate::pad::reference::{Border, pad};
use crate::resize::reference::resize_bilinear;

/// The image resized to fit `width` x `height` with its aspect ratio kept, and padded with a color; see
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
