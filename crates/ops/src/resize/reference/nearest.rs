//! The references of `resize`, nearest neighbor.

use super::scale;
use crate::oracle::Image;

/// Nearest-neighbor resize to `width` x `height`, any number of channels: OpenCV's `INTER_NEAREST`.
///
/// # Panics
/// When `width` or `height` is 0.
pub fn resize_nearest(image: &Image<u8>, width: usize, height: usize) -> Image<u8> {
    let source = |index: usize, src: usize, dst: usize| {
        ((index as f64 * scale(src, dst)).floor() as usize).min(src - 1)
    };
    Image::from_fn(width, height, image.channels, |x, y, c| {
        image.at(
            source(x, image.width, width),
            source(y, image.height, height),
            c,
        )
    })
}

/// Resize to `width` x `height` with the pixel nearest to the center of each output pixel, any number of channels: OpenCV's
/// `INTER_NEAREST_EXACT`. With `step = src / dst` in f64, the positions are `0.5 * step`, and each one is the one before plus `step`,
/// rounded.
///
/// # Panics
/// When `width` or `height` is 0.
pub fn resize_nearest_exact(image: &Image<u8>, width: usize, height: usize) -> Image<u8> {
    let sources = |src: usize, dst: usize| {
        let step = src as f64 / dst as f64;
        let positions = std::iter::successors(Some(step * 0.5), |position| Some(position + step));
        let sources = positions.map(|position| (position.floor() as usize).min(src - 1));
        sources.take(dst).collect::<Vec<_>>()
    };
    let (columns, lines) = (sources(image.width, width), sources(image.height, height));
    Image::from_fn(width, height, image.channels, |x, y, c| {
        image.at(columns[x], lines[y], c)
    })
}
