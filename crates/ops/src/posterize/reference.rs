//! The reference of `posterize`.

use crate::oracle::Image;

/// Each sample with its lower `8 - bits` bits cleared (torchvision's `posterize`).
pub fn posterize(image: &Image<u8>, bits: u32) -> Image<u8> {
    let step = 1_u32 << (8 - bits);
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let sample = u32::from(image.at(x, y, c));
        (sample / step * step) as u8
    })
}
