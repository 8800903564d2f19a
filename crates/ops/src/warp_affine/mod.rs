//! Affine warp.

mod cuda;
pub(crate) mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Binding, Code, Operator, OperatorError, Plan, checks};
use crate::host::view::HostCode;
use crate::image::ImageShape;
use crate::warp_affine::reference::invert_affine;
use fearless_simd::Level;
use host::WarpHost;
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use pixelflume_kernels::args::WarpAffineArgs;
use std::sync::Arc;

const KIND: &str = "warp_affine";

/// Largest coefficient of a map. With sides of at most 2^16 pixels no coordinate is then beyond f32.
const MAX_COEFFICIENT: f32 = 1e30;

/// Rotates, scales, shears and moves 8-bit images, bilinear, with a constant around the source. Kind: `warp_affine`,
/// parameters `matrix`, `width`, `height`, `inverse`, `value`.
///
/// Equal, bit for bit, to OpenCV 5.0.0's `warpAffine` with `INTER_LINEAR` and `BORDER_CONSTANT` on an x86-64 CPU with AVX2
/// (without AVX2 OpenCV's own results are others, by one step in about one of 7000 samples). `matrix` is
/// `[a, b, c, d, e, f]`, row by row as OpenCV's: it maps a place `(x, y)` of the source to `(a x + b y + c, d x + e y + f)`
/// of the output, or, with [`WarpAffine::inverse_map`] (`WARP_INVERSE_MAP`), a place of the output to one of the source.
/// Places are pixel centers.
///
/// Formula: a forward matrix is inverted in f64; the six coefficients are rounded to f32, and all that follows is IEEE f32,
/// where `fma` rounds once. For pixel (x, y) of an output of `width` columns
/// - `u = fma(x, a, y * b + c)`, `v = fma(x, d, y * e + f)` in the first `width / 16 * 16` columns, and
///   `u = fma(x, a, y * b) + c`, `v = fma(x, d, y * e) + f` in the rest;
/// - `i = floor(u)`, `s = u - i`, `j = floor(v)`, `t = v - j`; pixels of the source outside of it are `value`;
/// - `h(j) = fma(s, p(i + 1, j) - p(i, j), p(i, j))`, and the result is `fma(t, h(j + 1) - h(j), h(j))`, rounded half to
///   even.
///
/// Takes interleaved u8 images of 1, 3 or 4 channels and gives the same channels.
///
/// ```
/// use pixelflume_ops::{ImageShape, Operator, WarpAffine};
///
/// // A quarter turn of 480 rows into 480 columns.
/// let turn = WarpAffine::new([0.0, -1.0, 479.0, 1.0, 0.0, 0.0], 480, 640)?.value([114; 4]);
/// assert_eq!(turn.plan(&[ImageShape::u8(640, 480, 3)])?.output(), ImageShape::u8(480, 640, 3));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct WarpAffine {
    matrix: [f64; 6],
    inverse: bool,
    /// From the output to the source.
    map: [f32; 6],
    width: u32,
    height: u32,
    value: [u8; 4],
}

impl WarpAffine {
    /// Warps to `width` x `height` pixels by the matrix from the source to the output. What is outside the source is black
    /// (0 in each channel, alpha too).
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for a side of 0 or above 65536, and for a matrix that has no inverse, or a coefficient
    /// beyond 1e30.
    pub fn new(matrix: [f64; 6], width: u32, height: u32) -> Result<Self, OperatorError> {
        Self::with_direction(matrix, false, width, height)
    }

    /// The same with the matrix from the output to the source.
    ///
    /// # Errors
    /// As for [`WarpAffine::new`], but that the matrix needs no inverse.
    pub fn inverse_map(matrix: [f64; 6], width: u32, height: u32) -> Result<Self, OperatorError> {
        Self::with_direction(matrix, true, width, height)
    }

    /// [`WarpAffine::inverse_map`] with `inverse`, else [`WarpAffine::new`].
    ///
    /// # Errors
    /// As theirs.
    pub fn with_direction(
        matrix: [f64; 6],
        inverse: bool,
        width: u32,
        height: u32,
    ) -> Result<Self, OperatorError> {
        checks::side(KIND, "width", width)?;
        checks::side(KIND, "height", height)?;
        let map = if inverse {
            Some(matrix)
        } else {
            invert_affine(matrix)
        };
        let map = map.map(|map| map.map(|coefficient| coefficient as f32));
        // A coefficient that is not a number is not in the range either.
        let possible = |coefficient: &f32| coefficient.abs() <= MAX_COEFFICIENT;
        match map {
            Some(map) if map.iter().all(possible) => Ok(WarpAffine {
                matrix,
                inverse,
                map,
                width,
                height,
                value: [0; 4],
            }),
            _ => Err(OperatorError::Parameter {
                operator: KIND,
                parameter: "matrix",
                got: format!("{matrix:?}"),
                expected: match inverse {
                    true => "six numbers of at most 1e30".to_owned(),
                    false => {
                        "a matrix with an inverse of numbers of at most 1e30 (a e - b d is not 0)"
                            .to_owned()
                    }
                },
            }),
        }
    }

    /// The same with this color, channel by channel, around the source. Images of fewer channels take the first ones.
    #[must_use]
    pub const fn value(self, value: [u8; 4]) -> Self {
        WarpAffine { value, ..self }
    }

    /// The matrix that was set, and whether it maps the output to the source.
    pub const fn matrix(&self) -> ([f64; 6], bool) {
        (self.matrix, self.inverse)
    }

    /// Width and height of the output in pixels.
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The color that was set, black at first.
    pub const fn border_value(&self) -> [u8; 4] {
        self.value
    }
}

impl Operator for WarpAffine {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
        Ok(Arc::new(WarpPlan {
            input,
            output: ImageShape::u8(self.width, self.height, input.channels),
            map: self.map,
            value: self.value,
        }))
    }
}

#[derive(Debug)]
struct WarpPlan {
    input: ImageShape,
    output: ImageShape,
    map: [f32; 6],
    value: [u8; 4],
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the executors read the rows of the input, and write those of the output.
unsafe impl Plan for WarpPlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![match device.kind() {
            DeviceKind::Cuda => {
                Code::Kernel(device.kernel(&pixelflume_kernels::WARP_AFFINE.kernels, KIND)?)
            }
            DeviceKind::Host => Code::Host(Arc::new(HostCode(WarpHost {
                level: Level::new(),
            }))),
        }])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let args = WarpAffineArgs {
            src: checks::single_input(KIND, binding, self.input, self.output),
            dst: binding.output.param(),
            map: self.map,
            value: self.value,
            reserved: 0,
        };
        launches.push(code[0].launch(&args, cuda::grid));
    }
}
