//! The reference of `threshold`.

use crate::oracle::Image;

/// A sample for each sample `p` by its comparison with `threshold` (OpenCV's `threshold`). `of` is the type as pipeline files name it;
/// `binary` is `p > threshold ? maximum : 0`.
///
/// # Panics
/// When there is no type of this name.
pub fn threshold(image: &Image<u8>, threshold: u8, maximum: u8, of: &str) -> Image<u8> {
    Image::from_fn(image.width, image.height, image.channels, |x, y, c| {
        let sample = image.at(x, y, c);
        let (above, else_) = match of {
            "binary" => (maximum, 0),
            "binary_inv" => (0, maximum),
            "trunc" => (threshold, sample),
            "tozero" => (sample, 0),
            "tozero_inv" => (0, sample),
            _ => panic!("no threshold is of the type {of}"),
        };
        if sample > threshold { above } else { else_ }
    })
}
