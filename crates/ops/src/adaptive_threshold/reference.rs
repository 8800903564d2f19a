//! The reference of `adaptive_threshold`.

use crate::oracle::{Image, windows};

/// `maximum` where a sample is larger than the mean of the `size` x `size` window around it less `c`, else 0; with `inverse` the reverse
/// (OpenCV's `adaptiveThreshold`, `ADAPTIVE_THRESH_MEAN_C`). The mean is `(2 sum + n) / (2 n)` of `n` samples, border replicated.
///
/// # Panics
/// When the image is not gray, or the size is even.
pub fn adaptive_threshold(
    image: &Image<u8>,
    size: usize,
    c: f64,
    maximum: u8,
    inverse: bool,
) -> Image<u8> {
    assert_eq!(image.channels, 1, "the image is gray");
    let replicate = |index: isize, len: usize| Some(index.clamp(0, len as isize - 1) as usize);
    let means = windows(image, size, replicate, |samples| {
        let (sum, count) = (
            samples.iter().map(|&s| u32::from(s)).sum::<u32>(),
            samples.len() as u32,
        );
        ((2 * sum + count) / (2 * count)) as u8
    });
    Image::from_fn(image.width, image.height, 1, |x, y, _| {
        let difference = f64::from(image.at(x, y, 0)) - f64::from(means.at(x, y, 0));
        let is_maximum = match inverse {
            false => difference > -c.ceil(),
            true => difference <= -c.floor(),
        };
        if is_maximum { maximum } else { 0 }
    })
}
