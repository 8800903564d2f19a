//! The reference of `normalize`.

use super::NormalizeLike;
use crate::oracle::Image;

/// `(p * scale - mean[c]) / std[c]` for sample `p` of channel `c`, by the operations of a library, each rounded to f32 where
/// nothing else is said.
///
/// # Panics
/// When the number of means or deviations is not the number of channels.
pub fn normalize(
    image: &Image<u8>,
    mean: &[f64],
    std: &[f64],
    scale: f64,
    like: NormalizeLike,
) -> Image<f32> {
    assert_eq!((mean.len(), std.len()), (image.channels, image.channels));
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let (m, s) = (mean[c] as f32, std[c] as f32);
        let p = f32::from(image.at(x, y, c));
        match like {
            NormalizeLike::Torchvision => (p / 255.0 - m) / s,
            NormalizeLike::TorchvisionV2 => (p * (1.0 / 255.0) as f32 - m) / s,
            NormalizeLike::Transformers => {
                let inverse = (1.0 / scale) as f32;
                (p - m * inverse) / (s * inverse)
            }
            // The product is an f64.
            NormalizeLike::TransformersPillow => ((f64::from(p) * scale) as f32 - m) / s,
            // Factor and summand are f64, rounded to f32; the rest is rounded once.
            NormalizeLike::Fma => p.mul_add((scale / std[c]) as f32, (-mean[c] / std[c]) as f32),
        }
    })
}
