//! The reference of `erode`.

use crate::element::{MorphologyWindow, reference::extreme};
use crate::oracle::Image;

/// The smallest sample of the window around each sample (OpenCV's `erode` with `getStructuringElement`).
pub fn erode(image: &Image<u8>, window: &MorphologyWindow) -> Image<u8> {
    extreme(image, window, 255, u8::min)
}
