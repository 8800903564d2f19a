//! The reference of `otsu_threshold`.

use crate::oracle::Image;
use crate::threshold::reference::threshold;

/// [`threshold`] by the threshold of each image itself (OpenCV's `threshold` with `THRESH_OTSU`).
///
/// # Panics
/// When the image is not gray, or there is no type of this name.
pub fn otsu_threshold(image: &Image<u8>, maximum: u8, of: &str) -> Image<u8> {
    assert_eq!(image.channels, 1, "the image is gray");
    threshold(image, otsu(image), maximum, of)
}

/// The threshold with the largest variance between what is up to it and what is above, the first of several.
fn otsu(image: &Image<u8>) -> u8 {
    let mut counts = [0u32; 256];
    for &sample in &image.data {
        counts[usize::from(sample)] += 1;
    }
    let epsilon = f64::from(f32::EPSILON);
    let scale = 1.0 / image.data.len() as f64;
    let sum: f64 = image.data.iter().map(|&sample| f64::from(sample)).sum();
    let mean = sum * scale;
    let (mut below, mut mean_below) = (0.0, 0.0);
    let (mut best, mut found) = (0.0, 0);
    for value in 0..=255u8 {
        let part = f64::from(counts[usize::from(value)]) * scale;
        mean_below *= below;
        below += part;
        let above = 1.0 - below;
        if below.min(above) < epsilon || below.max(above) > 1.0 - epsilon {
            continue;
        }
        mean_below = (mean_below + f64::from(value) * part) / below;
        let mean_above = (mean - below * mean_below) / above;
        let distance = mean_below - mean_above;
        let variance = below * above * distance * distance;
        if variance > best {
            (best, found) = (variance, value);
        }
    }
    found
}
