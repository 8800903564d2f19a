//! The reference of `morphology`.

use super::MorphologyOperation;
use crate::element::{MorphologyWindow, reference::extreme};
use crate::oracle::Image;

/// What erosions and dilations with the window make of the image together (OpenCV's `morphologyEx` with `getStructuringElement`).
pub fn morphology(
    image: &Image<u8>,
    operation: MorphologyOperation,
    window: &MorphologyWindow,
) -> Image<u8> {
    let eroded = |image: &Image<u8>| extreme(image, window, 255, u8::min);
    let dilated = |image: &Image<u8>| extreme(image, window, 0, u8::max);
    let less = |a: &Image<u8>, b: &Image<u8>| {
        Image::from_fn(a.width, a.height, a.channels, |x, y, c| {
            a.at(x, y, c).saturating_sub(b.at(x, y, c))
        })
    };
    match operation {
        MorphologyOperation::Open => dilated(&eroded(image)),
        MorphologyOperation::Close => eroded(&dilated(image)),
        MorphologyOperation::Gradient => less(&dilated(image), &eroded(image)),
        MorphologyOperation::TopHat => less(image, &dilated(&eroded(image))),
        MorphologyOperation::BlackHat => less(&eroded(&dilated(image)), image),
    }
}
