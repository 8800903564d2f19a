//! The operator `warp_perspective`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::OperatorError;
use crate::warp::operator::{Warp, warp_operator};
use crate::warp::{WarpBorder, WarpInterpolation, WarpSampling};

const KIND: &str = "warp_perspective";

/// A perspective warp of 8-bit images, by a 3x3 matrix. Kind: `warp_perspective`, parameters `matrix`, `width`, `height`, `inverse`,
/// `value`, `interpolation`, `border`.
///
/// The results equal, bit for bit, OpenCV 5.0.0's `warpPerspective` with `INTER_NEAREST`, `INTER_LINEAR` or `INTER_CUBIC` and the same
/// border on an x86-64 CPU with AVX2. `matrix` is `[a, b, c, d, e, f, g, h, i]`, row by row as in OpenCV: it maps a position `(x, y)` of
/// the source to `((a x + b y + c) / w, (d x + e y + f) / w)` with `w = g x + h y + i` of the output, or, with
/// [`WarpPerspective::inverse_map`] (`WARP_INVERSE_MAP`), a position of the output to one of the source. Integer positions are pixel
/// centers. The matrix is one for all images, or is given for each image beside the batch (`matrix = "input"` in a pipeline file).
///
/// Formula: a forward matrix is inverted in f64, and the coefficients are rounded to f32. The three sums of nearest and bilinear warps
/// are computed as those of [`WarpAffine`](crate::WarpAffine), and two are divided by the third, in f32. Those of cubic warps are
/// `f64(y * b + c) + a * x` with `y * b + c` in f32, and two are multiplied by the reciprocal of the third in f64, then rounded to f32.
/// What follows is as in `WarpAffine`.
///
/// Where `w` is 0, a bilinear warp with a constant border gives the border color; in some columns OpenCV gives 0. With other
/// borders positions beyond ±2^31 read the pixel at -2^31, as in OpenCV but for `wrap`.
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels; the output has the same channels.
///
/// ```
/// use pixelflume_ops::{ImageShape, Operator, WarpPerspective};
///
/// let matrix = [0.9, 0.1, 5.0, -0.05, 1.1, 2.0, 1e-4, 2e-4, 1.0];
/// let warp = WarpPerspective::new(matrix, 320, 240)?;
/// assert_eq!(warp.plan(&[ImageShape::u8(640, 480, 3)])?.output(), ImageShape::u8(320, 240, 3));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct WarpPerspective {
    warp: Warp<9>,
}

warp_operator!(WarpPerspective, 9);
