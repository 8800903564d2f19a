//! The operator `perspective`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{ImageContext, Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::warp::grid::numbers::NumbersOf;
use crate::warp::grid::perspective::{MAX_COORDINATE, coefficients};
use crate::warp::grid::{GridInterpolation, GridLike, GridSampling, grid_settings};
use std::sync::Arc;

const KIND: &str = "perspective";

const EXPECTED: &str = "x and y of four points, integers of at most 1048576, of which no three end points are on a line, and a perspective that leaves the top left corner of the output finite";

const START: NumbersOf<8> = NumbersOf {
    operator: KIND,
    place: (0, "startpoints"),
    range: -MAX_COORDINATE..=MAX_COORDINATE,
    integers: true,
    expected: EXPECTED,
};

const END: NumbersOf<8> = NumbersOf {
    operator: KIND,
    place: (1, "endpoints"),
    range: -MAX_COORDINATE..=MAX_COORDINATE,
    integers: true,
    expected: EXPECTED,
};

/// Moves four points of 8-bit images to four others, by a perspective. Kind: `perspective`, parameters `startpoints`, `endpoints`,
/// `interpolation`, `value`, `like`.
///
/// The results equal, bit for bit, torchvision 0.29.2's `perspective` (`transforms.v2.functional`) of u8 tensors on an x86-64 CPU with
/// AVX2; `like` says which one, as it differs between processors ([`GridLike`]). The points are x and y of four points of the image, in
/// order, and of the four points of the output where they go, integers with (0, 0) at the top left corner. The points are those of all
/// images, or are given for each image beside the batch (`endpoints = "input"` in a pipeline file).
///
/// Formula: the coefficients a to h of the perspective from the output to the source are exact but for their rounding to f32. (torchvision solves for
/// them in f64. Where a coefficient is 0, it has a number of about 1e-17, which differs between processors.)
/// Everything else is IEEE f32. For an image of w x h pixels and (x, y) = (column + 0.5, row + 0.5)
/// - `u = ((x * a' + y * b') + c') / ((x * g + y * h) + 1) - 1` with `a' = a / (w / 2)` and b', c' alike (`torchvision_avx512`: `fma(y, b', x
///   * a') + c'`, and the divisor alike, for images of 67 pixels or more), then `u = fma(u + 1, w / 2, -0.5)`, and v alike;
/// - the pixel at u and v is that of [`Rotate`](crate::Rotate). Where the divisor is 0, it is 0 with `bilinear`, whatever the color.
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels; the output has the same shape.
///
/// ```
/// use pixelflume_ops::{ImageShape, Operator, Perspective};
///
/// let corners = [0.0, 0.0, 639.0, 0.0, 639.0, 479.0, 0.0, 479.0];
/// let moved = [40.0, 25.0, 600.0, 0.0, 639.0, 470.0, 10.0, 440.0];
/// let image = ImageShape::u8(640, 480, 3);
/// assert_eq!(Perspective::new(corners, moved)?.plan(&[image])?.output(), image);
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Perspective {
    // Each is `None` where it is given for each image.
    start: Option<[f64; 8]>,
    end: Option<[f64; 8]>,
    sampling: GridSampling,
}

grid_settings!(Perspective);

impl Perspective {
    /// The perspective that moves the points `start` of an image to `end`, x and y of four points each, bilinear.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a coordinate is no integer of at most 1048576, three end points are on a line, or the perspective
    /// takes the top left corner of the output to infinity.
    pub fn new(start: [f64; 8], end: [f64; 8]) -> Result<Self, OperatorError> {
        Self::with(Some(start), Some(end))
    }

    /// A perspective by points of all images, or, where there are none, by points that are given for each image.
    ///
    /// # Errors
    /// See [`Perspective::new`].
    pub fn with(start: Option<[f64; 8]>, end: Option<[f64; 8]>) -> Result<Self, OperatorError> {
        let start = start.map(|start| START.of_all(start)).transpose()?;
        let end = end.map(|end| END.of_all(end)).transpose()?;
        if let (Some(start), Some(end)) = (start, end) {
            solved(start, end).ok_or_else(|| END.refused(&end))?;
        }
        Ok(Perspective {
            start,
            end,
            sampling: GridSampling {
                interpolation: GridInterpolation::Bilinear,
                ..GridSampling::default()
            },
        })
    }

    /// The points of all images, where they start and where they go; `None` for those that are given for each image.
    pub const fn points(&self) -> [Option<[f64; 8]>; 2] {
        [self.start, self.end]
    }

    /// The points for an image, and the coefficients.
    fn of_image(&self, image: &ImageContext<'_>) -> Result<(Self, [f32; 8]), OperatorError> {
        let start = START.of_image(self.start, image)?;
        let end = END.of_image(self.end, image)?;
        let found = solved(start, end).ok_or_else(|| match self.end {
            Some(_) => START.refused_of_image(&start),
            None => END.refused_of_image(&end),
        })?;
        let of_image = Perspective {
            start: Some(start),
            end: Some(end),
            ..*self
        };
        Ok((of_image, found))
    }
}

fn solved(start: [f64; 8], end: [f64; 8]) -> Option<[f32; 8]> {
    let points =
        |[ax, ay, bx, by, cx, cy, dx, dy]: [f64; 8]| [[ax, ay], [bx, by], [cx, cy], [dx, dy]];
    coefficients(points(start), points(end))
}

impl Operator for Perspective {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let image = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, image)?;
        let (_, coefficients) = self.of_image(&ImageContext::first(image))?;
        let rule = self.sampling.perspective(coefficients, image);
        Ok(rule.plan(KIND, image, (image.width, image.height)))
    }

    fn is_per_image(&self) -> bool {
        self.start.is_none() || self.end.is_none()
    }

    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        if !self.is_per_image() {
            return Ok(None);
        }
        let (of_image, _) = self.of_image(image)?;
        Ok(Some(Arc::new(of_image)))
    }
}
