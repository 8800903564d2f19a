//! The reference of `warp_perspective`.

use crate::oracle::Image;
use crate::warp::{WarpSampling, reference::warp};

/// The `width` x `height` image whose pixel at `x, y` is the source at `map` of `x, y`. The map has three rows, of which the third gives the divisor of the other two.
/// It equals OpenCV's `warpPerspective` with `WARP_INVERSE_MAP` on a CPU with AVX2.
///
/// # Panics
/// When the image has more than 4 channels.
pub fn warp_perspective(
    image: &Image<u8>,
    map: [f64; 9],
    width: usize,
    height: usize,
    sampling: &WarpSampling,
) -> Image<u8> {
    warp(image, &map, (width, height), sampling)
}
