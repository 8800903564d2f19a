//! The operator `rotate`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::checks::{self, MAX_SIDE};
use crate::contract::{ImageContext, Operator, OperatorError, Plan};
use crate::image::ImageShape;
use crate::warp::grid::matrix::{Affine, center, expanded};
use crate::warp::grid::numbers::NumbersOf;
use crate::warp::grid::parameters::check_center;
pub use crate::warp::grid::{GridInterpolation, GridLike, GridSampling};
use crate::warp::grid::{grid_settings, quarters};
use std::sync::Arc;

const KIND: &str = "rotate";

const ANGLE: NumbersOf<1> = NumbersOf {
    operator: KIND,
    place: (0, "angle"),
    range: -1e6..=1e6,
    integers: false,
    expected: "an angle in degrees of at most 1e6",
};

/// Rotates 8-bit images by an angle. Kind: `rotate`, parameters `angle`, `expand`, `center`, `interpolation`, `value`, `like`.
///
/// The results equal, bit for bit, torchvision 0.29.2's `rotate` (`transforms.v2.functional`) of u8 tensors on an x86-64 CPU with AVX2;
/// `like` says which one, as it differs between processors ([`GridLike`]). The angle is in degrees, counterclockwise, about the center (by
/// default the middle of the image; where there is one, it is a position in pixels with (0, 0) at the top left corner). With `expand`
/// the output is as large as the rotated image needs, as if its center were the middle; otherwise it has the size of the image. The angle is one for
/// all images, or is given for each image beside the batch (`angle = "input"` in a pipeline file).
///
/// Formula: a multiple of 90 degrees without a center copies the pixels (an odd one, where `expand` is set or the image is square).
/// Otherwise the matrix from the output to the source (a b c; d e f) around the middles of both is computed in f64 and rounded to f32;
/// everything else is IEEE f32. With w x h pixels of the source, W x H of the output, and (x, y) = (column - (W - 1) / 2, row - (H - 1) / 2):
/// - `u = (x * a' + y * b') + c'` with `a' = a / (w / 2)` and b', c' alike (`torchvision_avx512`: `fma(y, b', x * a') + c'` for outputs
///   of 67 pixels or more), then `u = fma(u + 1, w / 2, -0.5)`, and v alike;
/// - nearest: the pixel at `u` and `v`, rounded half to even, or the color outside of the source;
/// - bilinear: with `s = u - floor(u)`, `t = v - floor(v)` and pixels of 0 outside of the source, `p = fma(p11, s * t, fma(p01, (1 - s) * t,
///   fma(p10, s * (1 - t), p00 * ((1 - s) * (1 - t)))))`. With a color, m is the same sum for pixels of 1, and the result is
///   `(p - color) * m + color`. It is rounded half to even.
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels; the output has the same channels.
///
/// ```
/// use pixelflume_ops::{GridInterpolation, ImageShape, Operator, Rotate};
///
/// let turn = Rotate::new(30.0)?.expand(true).interpolation(GridInterpolation::Bilinear);
/// assert_eq!(turn.plan(&[ImageShape::u8(640, 480, 3)])?.output(), ImageShape::u8(796, 736, 3));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Rotate {
    /// `None` where it is given for each image.
    angle: Option<[f64; 1]>,
    expand: bool,
    center: Option<[f64; 2]>,
    sampling: GridSampling,
}

grid_settings!(Rotate);

impl Rotate {
    /// A rotation by this angle in degrees, counterclockwise, about the middle of the image, to the nearest pixels.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the angle is beyond 1e6 or NaN.
    pub fn new(angle: f64) -> Result<Self, OperatorError> {
        let angle = Some(ANGLE.of_all([angle])?);
        Ok(Rotate {
            angle,
            ..Self::given()
        })
    }

    /// A rotation of each image by an angle that is given for it.
    pub fn given() -> Self {
        Rotate {
            angle: None,
            expand: false,
            center: None,
            sampling: GridSampling::default(),
        }
    }

    /// Sets whether the output is as large as the rotated image needs.
    #[must_use]
    pub const fn expand(self, expand: bool) -> Self {
        Rotate { expand, ..self }
    }

    /// Sets the point about which the image is rotated, x and y in pixels from the top left corner.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a number is beyond 1e6 or NaN.
    pub fn center(self, center: [f64; 2]) -> Result<Self, OperatorError> {
        check_center(KIND, center)?;
        let center = Some(center);
        Ok(Rotate { center, ..self })
    }

    /// The angle of all images in degrees; `None` where it is given for each image.
    pub fn angle(&self) -> Option<f64> {
        self.angle.map(|[angle]| angle)
    }

    /// Whether the output is as large as the rotated image needs.
    pub const fn expands(&self) -> bool {
        self.expand
    }

    /// The point about which the image is rotated; `None` for its middle.
    pub const fn rotated_about(&self) -> Option<[f64; 2]> {
        self.center
    }

    /// The quarters of a circle, 0 to 3, by which pixels of an image are copied; `None` where they are not.
    fn quarters(&self, angle: f64, image: ImageShape) -> Option<u32> {
        let is_copied = |quarters: u32| {
            let fits = quarters.is_multiple_of(2) || self.expand || image.width == image.height;
            fits && angle == f64::from(90 * quarters)
        };
        match self.center {
            None => (0..4).find(|&quarters| is_copied(quarters)),
            Some(_) => None,
        }
    }

    /// The matrix from the output to the source.
    fn matrix(&self, angle: f64, image: ImageShape) -> [f64; 6] {
        let affine = Affine {
            center: center(self.center, image),
            angle: -angle,
            translate: [0.0; 2],
            scale: 1.0,
            shear: [0.0; 2],
        };
        affine.inverse()
    }

    fn output(&self, matrix: [f64; 6], image: ImageShape) -> Result<(u32, u32), OperatorError> {
        if !self.expand {
            return Ok((image.width, image.height));
        }
        let (width, height) = expanded(matrix, image, self.sampling.like);
        let possible = |side: i64| {
            let side = u32::try_from(side).ok()?;
            (1..=MAX_SIDE).contains(&side).then_some(side)
        };
        match (possible(width), possible(height)) {
            (Some(width), Some(height)) => Ok((width, height)),
            _ => Err(OperatorError::Shape {
                operator: KIND,
                got: image,
                reason: format!(
                    "rotated whole it has {width}x{height} pixels, and an image has sides of 1 to {MAX_SIDE}; set expand = false"
                ),
            }),
        }
    }
}

impl Operator for Rotate {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let image = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, image)?;
        let [angle] = ANGLE.of_image(self.angle, &ImageContext::first(image))?;
        let angle = angle.rem_euclid(360.0);
        if let Some(number) = self.quarters(angle, image) {
            let size = match number % 2 {
                0 => (image.width, image.height),
                _ => (image.height, image.width),
            };
            return Ok(quarters(number, image).plan(KIND, image, size));
        }
        let matrix = self.matrix(angle, image);
        let size = self.output(matrix, image)?;
        let rule = self.sampling.affine(matrix, image, size);
        Ok(rule.plan(KIND, image, size))
    }

    fn is_per_image(&self) -> bool {
        self.angle.is_none()
    }

    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        if !self.is_per_image() {
            return Ok(None);
        }
        let angle = Some(ANGLE.of_image(None, image)?);
        Ok(Some(Arc::new(Rotate { angle, ..*self })))
    }
}
