//! The operator `warp_affine`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::OperatorError;
use crate::warp::operator::{Warp, warp_operator};
pub use crate::warp::{WarpBorder, WarpInterpolation, WarpSampling};

const KIND: &str = "warp_affine";

/// An affine warp of 8-bit images: rotation, scaling, shearing and translation. Kind: `warp_affine`, parameters `matrix`, `width`,
/// `height`, `inverse`, `value`, `interpolation`, `border`.
///
/// The results equal, bit for bit, OpenCV 5.0.0's `warpAffine` with `INTER_NEAREST`, `INTER_LINEAR` or `INTER_CUBIC` and the same
/// border on an x86-64 CPU with AVX2 (without AVX2, OpenCV's results differ by 1 in about one of 7000 samples). `matrix` is `[a, b, c,
/// d, e, f]`, row by row as in OpenCV: it maps a position `(x, y)` of the source to `(a x + b y + c, d x + e y + f)` of the output, or,
/// with [`WarpAffine::inverse_map`] (`WARP_INVERSE_MAP`), a position of the output to one of the source. Integer positions are pixel
/// centers. The matrix is one for all images, or is given for each image beside the batch (`matrix = "input"` in a pipeline file).
///
/// Formula: a forward matrix is inverted in f64, and the six coefficients are rounded to f32. Everything else is IEEE f32, where
/// `fma` rounds once. For pixel (x, y) of an output of `width` columns
/// - `u = fma(x, a, y * b + c)`, `v = fma(x, d, y * e + f)` in the first `width / 16 * 16` columns, and
///   `u = fma(x, a, y * b) + c`, `v = fma(x, d, y * e) + f` in the rest;
/// - nearest: the pixel at `u` and `v`, rounded half to even;
/// - bilinear: `i = floor(u)`, `s = u - i`, `j = floor(v)`, `t = v - j`; `h(j) = fma(s, p(i + 1, j) - p(i, j), p(i, j))`, and the result
///   is `fma(t, h(j + 1) - h(j), h(j))`, rounded half to even;
/// - cubic: `u = (y * b + c) + a * x` and `v` alike, each operation rounded, clamped to -1 to 2 times the side (at least 16);
///   weights of a = -0.75 and fused sums of the four taps of each axis (`warp/reference.rs`).
///
/// Positions beyond ±2^31 read the pixel at -2^31. OpenCV takes minutes there with the mirrored borders, and its `wrap` reads another pixel.
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels; the output has the same channels.
///
/// ```
/// use pixelflume_ops::{ImageShape, Operator, WarpAffine, WarpBorder, WarpInterpolation};
///
/// // A quarter turn of 480 rows into 480 columns.
/// let turn = WarpAffine::new([0.0, -1.0, 479.0, 1.0, 0.0, 0.0], 480, 640)?.value([114; 4]);
/// assert_eq!(turn.plan(&[ImageShape::u8(640, 480, 3)])?.output(), ImageShape::u8(480, 640, 3));
///
/// let cubic = turn.interpolation(WarpInterpolation::Cubic).border(WarpBorder::Reflect101);
/// assert_eq!(cubic.sampled().border, WarpBorder::Reflect101);
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct WarpAffine {
    warp: Warp<6>,
}

warp_operator!(WarpAffine, 6);
