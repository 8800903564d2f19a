//! The reference of `autocontrast`.

use crate::oracle::Image;

/// torchvision's `autocontrast`: `(p - least) / ((most - least) * f32(1/255))` in f32 for each sample p of a channel, clamped and truncated.
/// A channel of one value stays as it is.
pub fn autocontrast(image: &Image<u8>) -> Image<u8> {
    let channel = |c: usize| image.data.iter().copied().skip(c).step_by(image.channels);
    let ends: Vec<(f32, f32)> = (0..image.channels)
        .map(|c| {
            let least = channel(c).min().unwrap_or(0);
            let most = channel(c).max().unwrap_or(0);
            (least.into(), most.into())
        })
        .collect();
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let (sample, (least, most)) = (image.at(x, y, c), ends[c]);
        if least == most {
            return sample;
        }
        let scale = (most - least) * (1.0_f64 / 255.0) as f32;
        ((f32::from(sample) - least) / scale)
            .clamp(0.0, 255.0)
            .trunc() as u8
    })
}
