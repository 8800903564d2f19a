//! The reference of `solarize`.

use crate::oracle::Image;

/// `p >= threshold ? 255 - p : p` for each sample `p`, compared in f32 (torchvision's `solarize`).
pub fn solarize(image: &Image<u8>, threshold: f64) -> Image<u8> {
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let sample = image.at(x, y, c);
        if f32::from(sample) >= threshold as f32 {
            255 - sample
        } else {
            sample
        }
    })
}
