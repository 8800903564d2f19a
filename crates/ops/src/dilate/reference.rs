//! The reference of `dilate`.

use crate::element::{MorphologyWindow, reference::extreme};
use crate::oracle::Image;

/// The largest sample of the window around each sample (OpenCV's `dilate` with `getStructuringElement`).
pub fn dilate(image: &Image<u8>, window: &MorphologyWindow) -> Image<u8> {
    extreme(image, window, 0, u8::max)
}
