//! The reference of `brightness`.

use crate::oracle::Image;

/// `trunc(clamp(p * factor, 0, 255))` for each sample `p`, in f32 (torchvision's `adjust_brightness`).
pub fn brightness(image: &Image<u8>, factor: f64) -> Image<u8> {
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let product = f32::from(image.at(x, y, c)) * factor as f32;
        product.clamp(0.0, 255.0).trunc() as u8
    })
}
