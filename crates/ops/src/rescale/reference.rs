//! The reference of `rescale`.

use super::RescaleLike;
use crate::oracle::Image;

/// The product of each sample and the factor, minus 1 if `offset`.
pub fn rescale(image: &Image<u8>, scale: f64, offset: bool, like: RescaleLike) -> Image<f32> {
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let p = image.at(x, y, c);
        let product = match like {
            RescaleLike::Transformers => f32::from(p) * scale as f32,
            RescaleLike::TransformersPillow => (f64::from(p) * scale) as f32,
        };
        if offset { product - 1.0 } else { product }
    })
}
