//! The reference of `mean_std`.

use crate::oracle::Image;

/// The mean and the standard deviation of each channel (OpenCV's `meanStdDev`), a row for each channel.
pub fn mean_std(image: &Image<u8>) -> Image<f64> {
    let scale = 1.0 / (image.width * image.height) as f64;
    Image::from_fn(2, image.channels, 1, |column, channel, _| {
        let samples = || {
            let samples = image.data.iter().skip(channel).step_by(image.channels);
            samples.map(|&sample| u128::from(sample))
        };
        let mean = samples().sum::<u128>() as f64 * scale;
        let of_squares = samples().map(|sample| sample * sample).sum::<u128>() as f64 * scale;
        match column {
            0 => mean,
            _ => (of_squares - mean * mean).max(0.0).sqrt(),
        }
    })
}
