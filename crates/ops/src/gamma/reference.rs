//! The reference of `gamma`.

use crate::oracle::Image;

/// `255 * (p / 255)^gamma` in f64, rounded to the nearest integer, ties to even, for each sample `p`.
pub fn gamma(image: &Image<u8>, gamma: f64) -> Image<u8> {
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let base = f64::from(image.at(x, y, c)) / 255.0;
        (base.powf(gamma) * 255.0).round_ties_even() as u8
    })
}
