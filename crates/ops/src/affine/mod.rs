//! The operator `affine`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{ImageContext, Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::warp::grid::matrix::{self, center};
use crate::warp::grid::numbers::NumbersOf;
use crate::warp::grid::parameters::{MOST_PIXELS, check_center};
use crate::warp::grid::{GridInterpolation, GridLike, GridSampling, grid_settings};
use std::sync::Arc;

const KIND: &str = "affine";

const ANGLE: NumbersOf<1> = NumbersOf {
    operator: KIND,
    place: (0, "angle"),
    range: -1e6..=1e6,
    integers: false,
    expected: "an angle in degrees of at most 1e6",
};

const TRANSLATE: NumbersOf<2> = NumbersOf {
    operator: KIND,
    place: (1, "translate"),
    range: -MOST_PIXELS..=MOST_PIXELS,
    integers: false,
    expected: "the translations along x and y in pixels, each at most 1e6",
};

const SCALE: NumbersOf<1> = NumbersOf {
    operator: KIND,
    place: (2, "scale"),
    range: 1e-6..=1e6,
    integers: false,
    expected: "a scale from 1e-6 to 1e6",
};

const SHEAR: NumbersOf<2> = NumbersOf {
    operator: KIND,
    place: (3, "shear"),
    range: -89.0..=89.0,
    integers: false,
    expected: "the angles of the shears along x and y in degrees, each at most 89",
};

/// Rotates, moves, scales and shears 8-bit images. Kind: `affine`, parameters `angle`, `translate`, `scale`, `shear`, `center`,
/// `interpolation`, `value`, `like`.
///
/// The results equal, bit for bit, torchvision 0.29.2's `affine` (`transforms.v2.functional`) of u8 tensors on an x86-64 CPU with AVX2;
/// `like` says which one, as it differs between processors ([`GridLike`]). The image is sheared, scaled and rotated clockwise about the center
/// (by default the middle of the image; where there is one, it is a position in pixels with (0, 0) at the top left corner), and moved.
/// Angle, translation, scale and shear are those of all images, or are given for each image beside the batch (for example `angle =
/// "input"` in a pipeline file).
///
/// Formula: that of [`Rotate`](crate::Rotate) by another matrix. With the angle r, the shears p and q and the scale s it is, in f64, `(d,
/// -b; -c, a) / s`, where `a = cos(r - q) / cos(q)`, `b = -(a tan(p) + sin(r))`, `c = sin(r - q) / cos(q)`, `d = cos(r) - c tan(p)`.
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels; the output has the same shape.
///
/// ```
/// use pixelflume_ops::{Affine, ImageShape, Operator};
///
/// let affine = Affine::new().angle(10.0)?.translate([12.5, 0.0])?.scale(1.25)?.shear([5.0, 0.0])?;
/// let image = ImageShape::u8(640, 480, 3);
/// assert_eq!(affine.plan(&[image])?.output(), image);
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Affine {
    // Each is `None` where it is given for each image.
    angle: Option<[f64; 1]>,
    translate: Option<[f64; 2]>,
    scale: Option<[f64; 1]>,
    shear: Option<[f64; 2]>,
    center: Option<[f64; 2]>,
    sampling: GridSampling,
}

/// A parameter of [`Affine`] that can be given for each image.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub enum AffineParameter {
    /// The angle.
    Angle,
    /// The translations along x and y.
    Translate,
    /// The scale.
    Scale,
    /// The angles of the shears along x and y.
    Shear,
}

impl Default for Affine {
    fn default() -> Self {
        Self::new()
    }
}

grid_settings!(Affine);

impl Affine {
    /// No change: an angle of 0, no translation, a scale of 1, no shear.
    pub fn new() -> Self {
        Affine {
            angle: Some([0.0]),
            translate: Some([0.0; 2]),
            scale: Some([1.0]),
            shear: Some([0.0; 2]),
            center: None,
            sampling: GridSampling::default(),
        }
    }

    /// Sets the angle in degrees, clockwise.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when it is beyond 1e6 or NaN.
    pub fn angle(self, angle: f64) -> Result<Self, OperatorError> {
        let angle = Some(ANGLE.of_all([angle])?);
        Ok(Affine { angle, ..self })
    }

    /// Sets the translations along x and y in pixels.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a number is beyond 1e6 or NaN.
    pub fn translate(self, translate: [f64; 2]) -> Result<Self, OperatorError> {
        let translate = Some(TRANSLATE.of_all(translate)?);
        Ok(Affine { translate, ..self })
    }

    /// Sets the scale.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when it is not 1e-6 to 1e6.
    pub fn scale(self, scale: f64) -> Result<Self, OperatorError> {
        let scale = Some(SCALE.of_all([scale])?);
        Ok(Affine { scale, ..self })
    }

    /// Sets the angles of the shears along x and y in degrees.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when an angle is beyond 89 or NaN.
    pub fn shear(self, shear: [f64; 2]) -> Result<Self, OperatorError> {
        let shear = Some(SHEAR.of_all(shear)?);
        Ok(Affine { shear, ..self })
    }

    /// Sets the center, x and y in pixels from the top left corner.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a number is beyond 1e6 or NaN.
    pub fn center(self, center: [f64; 2]) -> Result<Self, OperatorError> {
        check_center(KIND, center)?;
        let center = Some(center);
        Ok(Affine { center, ..self })
    }

    /// Takes a parameter from values that are given for each image.
    #[must_use]
    pub const fn given(mut self, parameter: AffineParameter) -> Self {
        match parameter {
            AffineParameter::Angle => self.angle = None,
            AffineParameter::Translate => self.translate = None,
            AffineParameter::Scale => self.scale = None,
            AffineParameter::Shear => self.shear = None,
        }
        self
    }

    /// The center; `None` for the middle of the image.
    pub const fn center_point(&self) -> Option<[f64; 2]> {
        self.center
    }

    /// The operator for an image.
    fn of_image(&self, image: &ImageContext<'_>) -> Result<Self, OperatorError> {
        Ok(Affine {
            angle: Some(ANGLE.of_image(self.angle, image)?),
            translate: Some(TRANSLATE.of_image(self.translate, image)?),
            scale: Some(SCALE.of_image(self.scale, image)?),
            shear: Some(SHEAR.of_image(self.shear, image)?),
            ..*self
        })
    }

    /// The matrix from the output to the source.
    fn matrix(&self, image: ImageShape) -> Result<[f64; 6], OperatorError> {
        let context = ImageContext::first(image);
        let [angle] = ANGLE.of_image(self.angle, &context)?;
        let [scale] = SCALE.of_image(self.scale, &context)?;
        let affine = matrix::Affine {
            center: center(self.center, image),
            angle,
            translate: TRANSLATE.of_image(self.translate, &context)?,
            scale,
            shear: SHEAR.of_image(self.shear, &context)?,
        };
        Ok(affine.inverse())
    }
}

impl Operator for Affine {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let image = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, image)?;
        let size = (image.width, image.height);
        let rule = self.sampling.affine(self.matrix(image)?, image, size);
        Ok(rule.plan(KIND, image, size))
    }

    fn is_per_image(&self) -> bool {
        let is_given = [self.angle.is_none(), self.scale.is_none()];
        is_given.contains(&true) || self.translate.is_none() || self.shear.is_none()
    }

    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        if !self.is_per_image() {
            return Ok(None);
        }
        Ok(Some(Arc::new(self.of_image(image)?)))
    }
}
