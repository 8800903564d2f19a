//! The operator `warp_affine`.

mod cuda;
pub(crate) mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{ImageContext, Operator, OperatorError, Plan, checks};
use crate::host::view::HostCode;
use crate::image::ImageShape;
use crate::unary::UnaryPlan;
use crate::warp_affine::reference::invert_affine;
use fearless_simd::Level;
use host::WarpHost;
use pixelflume_kernels::args::WarpAffineArgs;
use std::sync::Arc;

const KIND: &str = "warp_affine";

/// The largest coefficient of a map: with sides of at most 2^16 pixels, every coordinate is then finite in f32.
const MAX_COEFFICIENT: f32 = 1e30;

/// The position of the parameter, and its name.
const MATRIX: (usize, &str) = (2, "matrix");

/// An affine warp of 8-bit images: rotation, scaling, shearing and translation, bilinear, with a constant border. Kind:
/// `warp_affine`, parameters `matrix`, `width`, `height`, `inverse`, `value`.
///
/// The results equal, bit for bit, OpenCV 5.0.0's `warpAffine` with `INTER_LINEAR` and `BORDER_CONSTANT` on an x86-64 CPU with AVX2
/// (without AVX2, OpenCV's results differ by 1 in about one of 7000 samples). `matrix` is `[a, b, c, d, e, f]`, row by row as in
/// OpenCV: it maps a position `(x, y)` of the source to `(a x + b y + c, d x + e y + f)` of the output, or, with
/// [`WarpAffine::inverse_map`] (`WARP_INVERSE_MAP`), a position of the output to one of the source. Integer positions are pixel
/// centers. The matrix is one for all images, or is given for each image beside the batch (`matrix = "input"` in a pipeline file).
///
/// Formula: a forward matrix is inverted in f64, and the six coefficients are rounded to f32. Everything else is IEEE f32, where
/// `fma` rounds once. For pixel (x, y) of an output of `width` columns
/// - `u = fma(x, a, y * b + c)`, `v = fma(x, d, y * e + f)` in the first `width / 16 * 16` columns, and
///   `u = fma(x, a, y * b) + c`, `v = fma(x, d, y * e) + f` in the rest;
/// - `i = floor(u)`, `s = u - i`, `j = floor(v)`, `t = v - j`; pixels outside the source are `value`;
/// - `h(j) = fma(s, p(i + 1, j) - p(i, j), p(i, j))`, and the result is `fma(t, h(j + 1) - h(j), h(j))`, rounded half to
///   even.
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels; the output has the same channels.
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
    /// The matrix, and the map from the output to the source; `None` where they are given for each image.
    matrix: Option<([f64; 6], [f32; 6])>,
    inverse: bool,
    width: u32,
    height: u32,
    value: [u8; 4],
}

impl WarpAffine {
    /// A warp to `width` x `height` pixels by the matrix from the source to the output. Pixels outside the source are 0 in each
    /// channel, alpha included.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a side is not 1 to 65536, the matrix has no inverse, or a coefficient of the inverse is
    /// beyond 1e30.
    pub fn new(matrix: [f64; 6], width: u32, height: u32) -> Result<Self, OperatorError> {
        Self::with_direction(matrix, false, width, height)
    }

    /// A warp by the matrix from the output to the source.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a side is not 1 to 65536, or a coefficient is beyond 1e30.
    pub fn inverse_map(matrix: [f64; 6], width: u32, height: u32) -> Result<Self, OperatorError> {
        Self::with_direction(matrix, true, width, height)
    }

    /// [`WarpAffine::inverse_map`] where `inverse` is set, otherwise [`WarpAffine::new`].
    ///
    /// # Errors
    /// See these functions.
    pub fn with_direction(
        matrix: [f64; 6],
        inverse: bool,
        width: u32,
        height: u32,
    ) -> Result<Self, OperatorError> {
        let given = Self::given(inverse, width, height)?;
        match possible_map(matrix, inverse) {
            Some(map) => Ok(WarpAffine {
                matrix: Some((matrix, map)),
                ..given
            }),
            None => Err(OperatorError::Parameter {
                operator: KIND,
                parameter: MATRIX.1,
                got: format!("{matrix:?}"),
                expected: given.possible_matrices().to_owned(),
            }),
        }
    }

    /// A warp of each image by a matrix that is given for it: from the output to the source where `inverse` is set, otherwise from
    /// the source to the output.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a side is not 1 to 65536.
    pub fn given(inverse: bool, width: u32, height: u32) -> Result<Self, OperatorError> {
        checks::side(KIND, "width", width)?;
        checks::side(KIND, "height", height)?;
        Ok(WarpAffine {
            matrix: None,
            inverse,
            width,
            height,
            value: [0; 4],
        })
    }

    /// The matrices that are possible, in words.
    const fn possible_matrices(&self) -> &'static str {
        match self.inverse {
            true => "six numbers of at most 1e30",
            false => "a matrix with an inverse of numbers of at most 1e30 (a e - b d is not 0)",
        }
    }

    /// The matrix for an image, and its map from the output to the source.
    fn matrix_of(&self, image: &ImageContext<'_>) -> Result<([f64; 6], [f32; 6]), OperatorError> {
        if let Some(of_all) = self.matrix {
            return Ok(of_all);
        }
        let matrix = image.numbers(KIND, MATRIX, "the matrix a, b, c, d, e, f, row by row")?;
        match possible_map(matrix, self.inverse) {
            Some(map) => Ok((matrix, map)),
            None => {
                let expected = format!("give {}", self.possible_matrices());
                Err(OperatorError::given(
                    KIND,
                    MATRIX.1,
                    format!("{matrix:?}"),
                    expected,
                ))
            }
        }
    }

    /// Sets the color of pixels outside the source, one sample for each channel. Images of fewer channels take the first samples.
    #[must_use]
    pub const fn value(self, value: [u8; 4]) -> Self {
        WarpAffine { value, ..self }
    }

    /// The matrix of all images; `None` where it is given for each image.
    pub fn matrix(&self) -> Option<[f64; 6]> {
        self.matrix.map(|(matrix, _)| matrix)
    }

    /// Whether matrices map from the output to the source.
    pub const fn is_inverse(&self) -> bool {
        self.inverse
    }

    /// Width and height of the output in pixels.
    pub const fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    /// The color of pixels outside the source.
    pub const fn border_value(&self) -> [u8; 4] {
        self.value
    }
}

/// The map from the output to the source in single precision; `None` where there is none, or it has too large numbers.
fn possible_map(matrix: [f64; 6], inverse: bool) -> Option<[f32; 6]> {
    let map = match inverse {
        true => Some(matrix),
        false => invert_affine(matrix),
    };
    let map = map?.map(|coefficient| coefficient as f32);
    // A NaN is out of this range as well.
    let possible = |coefficient: &f32| coefficient.abs() <= MAX_COEFFICIENT;
    map.iter().all(possible).then_some(map)
}

impl Operator for WarpAffine {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
        let (_, map) = self.matrix_of(&ImageContext::first(input))?;
        let value = self.value;
        Ok(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::WARP_AFFINE.kernels,
            entry: KIND,
            grid: cuda::grid,
            host: Arc::new(HostCode(WarpHost {
                level: Level::new(),
            })),
            input,
            output: ImageShape::u8(self.width, self.height, input.channels),
            elementwise: false,
            args: move |src, dst| WarpAffineArgs {
                src,
                dst,
                map,
                value,
                reserved: 0,
            },
            // Each strip may read the whole source, so that a chain would not stay in the cache.
            action: None,
        }))
    }

    fn is_per_image(&self) -> bool {
        self.matrix.is_none()
    }

    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        if self.matrix.is_some() {
            return Ok(None);
        }
        let matrix = Some(self.matrix_of(image)?);
        Ok(Some(Arc::new(WarpAffine { matrix, ..*self })))
    }
}
