//! The reference of `letterbox`.

use crate::oracle::Image;
use crate::pad::reference::{Border, pad};
use crate::resize::reference::resize_bilinear;

/// The frame of a letterbox.
#[derive(Copy, Clone, Debug)]
pub struct LetterboxFrame {
    /// Width of the frame.
    pub width: usize,
    /// Height of the frame.
    pub height: usize,
    /// Whether smaller images are enlarged.
    pub scaleup: bool,
    /// Whether the image lies in the middle.
    pub center: bool,
    /// The stride by whose multiples the frame is made smaller, if it is.
    pub stride: Option<usize>,
}

impl LetterboxFrame {
    /// The frame of this size with an image that may be enlarged, in the middle.
    pub const fn new(width: usize, height: usize) -> Self {
        LetterboxFrame {
            width,
            height,
            scaleup: true,
            center: true,
            stride: None,
        }
    }
}

/// The image resized to fit a frame with its aspect ratio kept, and padded with a color; see
/// [`Letterbox`](crate::Letterbox) for the sizes.
pub fn letterbox(image: &Image<u8>, frame: LetterboxFrame, value: [u8; 4]) -> Image<u8> {
    let ratio = |target: usize, source: usize| target as f64 / source as f64;
    let fitting = ratio(frame.width, image.width).min(ratio(frame.height, image.height));
    let scale = match frame.scaleup {
        false if fitting > 1.0 => 1.0,
        _ => fitting,
    };
    let scaled = |side: usize| ((side as f64 * scale).round_ties_even() as usize).max(1);
    let inner = resize_bilinear(image, scaled(image.width), scaled(image.height));
    let [across, down] = [frame.width - inner.width, frame.height - inner.height]
        .map(|rest| frame.stride.map_or(rest, |stride| rest % stride));
    let [left, top] = [across, down].map(|rest| if frame.center { rest / 2 } else { 0 });
    let sides = [left, top, across - left, down - top];
    pad(&inner, sides, Border::Constant(value))
}
