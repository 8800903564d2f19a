//! The reference of `convert_scale_abs`.

use crate::oracle::Image;

/// `|p * alpha + beta|` for each sample `p`, rounded to f32 once, then to the nearest integer, ties to even, at most 255 (OpenCV's
/// `convertScaleAbs`).
pub fn convert_scale_abs(image: &Image<u8>, alpha: f64, beta: f64) -> Image<u8> {
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let value = f32::from(image.at(x, y, c)).mul_add(alpha as f32, beta as f32);
        value.abs().round_ties_even().min(255.0) as u8
    })
}
