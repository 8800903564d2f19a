//! The reference of `contrast`.

use crate::oracle::Image;
use crate::pixel_steps::reference::{blend, gray};

/// torchvision's `adjust_contrast`: each sample times `factor`, plus the mean of the gray image times `1 - factor`.
pub fn contrast(image: &Image<u8>, factor: f64) -> Image<u8> {
    let pixels = image.data.chunks(image.channels);
    let sum: u64 = pixels.map(|pixel| u64::from(gray(pixel))).sum();
    let mean = sum as f32 / (image.width * image.height) as f32;
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        blend(image.at(x, y, c), mean, factor)
    })
}
