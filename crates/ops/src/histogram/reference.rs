//! The reference of `histogram`.

use crate::oracle::Image;

/// The counts of the values of each channel (OpenCV's `calcHist` with 256 bins), a row for each channel.
pub fn histogram(image: &Image<u8>) -> Image<f32> {
    Image::from_fn(256, image.channels, 1, |value, channel, _| {
        let samples = image.data.iter().skip(channel).step_by(image.channels);
        samples
            .filter(|&&sample| usize::from(sample) == value)
            .count() as f32
    })
}
