//! The reference of `saturation`.

use crate::oracle::Image;
use crate::pixel_steps::reference::{blend, gray};

/// torchvision's `adjust_saturation`: each sample times `factor`, plus the gray of its pixel times `1 - factor`. Gray images stay as they are.
pub fn saturation(image: &Image<u8>, factor: f64) -> Image<u8> {
    if image.channels == 1 {
        return image.clone();
    }
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let pixel: Vec<u8> = (0..image.channels).map(|c| image.at(x, y, c)).collect();
        blend(image.at(x, y, c), gray(&pixel).into(), factor)
    })
}
