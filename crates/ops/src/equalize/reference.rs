//! The reference of `equalize`.

use crate::oracle::Image;

/// torchvision's `equalize`: in each channel a sample becomes `(pixels below it + step / 2) / step`, at most 255, with a 255th of the pixels
/// below the largest value as the step. A channel with a step of 0 stays as it is.
pub fn equalize(image: &Image<u8>) -> Image<u8> {
    let tables: Vec<Vec<u8>> = (0..image.channels).map(|c| table(image, c)).collect();
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        tables[c][usize::from(image.at(x, y, c))]
    })
}

fn table(image: &Image<u8>, channel: usize) -> Vec<u8> {
    let samples: Vec<u8> = image
        .data
        .iter()
        .copied()
        .skip(channel)
        .step_by(image.channels)
        .collect();
    let below = |limit: u8| samples.iter().filter(|&&sample| sample < limit).count();
    let largest = samples.iter().max().copied().unwrap_or(0);
    let step = below(largest) / 255;
    let entry = |sample: u8| match (step, sample) {
        (0, sample) => sample,
        (_, 0) => 0,
        _ => ((below(sample) + step / 2) / step).min(255) as u8,
    };
    (0..=255).map(entry).collect()
}
