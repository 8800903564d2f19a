//! The reference of `minmax`.

use crate::oracle::Image;

/// The least and the largest sample of each channel (OpenCV's `minMaxLoc`), a row for each channel.
pub fn minmax(image: &Image<u8>) -> Image<f64> {
    Image::from_fn(2, image.channels, 1, |column, channel, _| {
        let samples = image.data.iter().skip(channel).step_by(image.channels);
        let extreme = match column {
            0 => samples.min(),
            _ => samples.max(),
        };
        extreme.copied().expect("an image has samples").into()
    })
}
