//! The reference of `normalize`.

use crate::oracle::Image;

/// `(p * scale - mean[c]) / std[c]` as `p * a[c] + b[c]`: factor and summand in f64, rounded to f32, then one fused
/// multiply-add.
///
/// # Panics
/// When the number of means or deviations is not the number of channels.
pub fn normalize(image: &Image<u8>, mean: &[f64], std: &[f64], scale: f64) -> Image<f32> {
    assert_eq!((mean.len(), std.len()), (image.channels, image.channels));
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let (a, b) = ((scale / std[c]) as f32, (-mean[c] / std[c]) as f32);
        f32::from(image.at(x, y, c)).mul_add(a, b)
    })
}
