//! The reference of `perspective`.

use super::{GridSampling, solved};
use crate::oracle::Image;
use crate::warp::grid::reference::grid_sample;

/// The image with the points `start` moved to `end`, x and y of four points each: torchvision's `perspective`.
///
/// # Panics
/// When the image has more than 4 channels, or no perspective moves the points.
pub fn perspective(
    image: &Image<u8>,
    start: [f64; 8],
    end: [f64; 8],
    sampling: &GridSampling,
) -> Image<u8> {
    let coefficients = solved(start, end).expect("a perspective");
    let mut map = [1.0; 9];
    map[..8].copy_from_slice(&coefficients.map(f64::from));
    grid_sample(image, &map, (image.width, image.height), sampling)
}
