//! The reference of `lut`.

use crate::oracle::Image;

/// Entry `p` of the table for each sample `p`; of several tables with 256 entries each, that of the sample's channel (OpenCV's `LUT`).
/// Samples that are not in a table of fewer entries stay as they are.
pub fn lut(image: &Image<u8>, table: &[u8]) -> Image<u8> {
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let first = if table.len() <= 256 { 0 } else { c * 256 };
        let sample = image.at(x, y, c);
        let entry = table.get(first + usize::from(sample));
        entry.copied().unwrap_or(sample)
    })
}
