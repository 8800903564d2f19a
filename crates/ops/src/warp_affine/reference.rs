//! The reference of `warp_affine`.

use crate::oracle::Image;
use crate::warp::{WarpSampling, reference::warp};

/// The `width` x `height` image whose pixel at `x, y` is the source at `map` of `x, y`. The map has two rows, `[a, b, c, d, e, f]` for `a x + b y + c` and `d x + e y + f`.
/// It equals OpenCV's `warpAffine` with `WARP_INVERSE_MAP` on a CPU with AVX2.
///
/// # Panics
/// When the image has more than 4 channels.
pub fn warp_affine(
    image: &Image<u8>,
    map: [f64; 6],
    width: usize,
    height: usize,
    sampling: &WarpSampling,
) -> Image<u8> {
    warp(image, &map, (width, height), sampling)
}
