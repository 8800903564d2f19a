//! The reference of `sharpness`.

use crate::oracle::Image;

/// torchvision's `adjust_sharpness`: `(b - c) * (1 - factor) + c` with one fused multiply-add in f32, clamped and truncated, for each sample
/// `c` that is not at the border, where `b` is the rounded mean of 3x3 samples of which the one in the middle counts five times.
pub fn sharpness(image: &Image<u8>, factor: f64) -> Image<u8> {
    let (width, height) = (image.width, image.height);
    Image::from_fn(width, height, image.channels, |x, y, c| {
        let sample = image.at(x, y, c);
        if x == 0 || y == 0 || x + 1 >= width || y + 1 >= height {
            return sample;
        }
        let mut sum = 4 * u32::from(sample);
        for row in y - 1..=y + 1 {
            for column in x - 1..=x + 1 {
                sum += u32::from(image.at(column, row, c));
            }
        }
        let mean = (f64::from(sum) / 13.0).round() as f32;
        let sample = f32::from(sample);
        let sharp = f32::mul_add(mean - sample, (1.0 - factor) as f32, sample);
        sharp.clamp(0.0, 255.0).trunc() as u8
    })
}
