//! The reference of `sum`.

use crate::oracle::Image;

/// The sum of the samples of each channel (OpenCV's `sum`), a row for each channel.
pub fn sum(image: &Image<u8>) -> Image<f64> {
    Image::from_fn(1, image.channels, 1, |_, channel, _| {
        let samples = image.data.iter().skip(channel).step_by(image.channels);
        samples.map(|&sample| f64::from(sample)).sum()
    })
}
