//! The operator `random_affine`.

mod draw;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{ImageContext, Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::random::ranges::check_range;
use crate::random::{Draws, RandomOperator, Stream, stream_parameters};
use crate::warp_affine::WarpAffine;
pub use draw::AffineDraw;
use std::sync::Arc;

const KIND: &str = "random_affine";

/// Rotates, moves, scales and shears each 8-bit image at random about its center. Kind: `random_affine`, parameters `degrees`,
/// `translate`, `scale`, `shear`, `value`, `seed`, `stream`.
///
/// The parameters have the distributions of torchvision's `RandomAffine`, and the matrix of a draw is the one that torchvision computes
/// ([`AffineDraw::matrix`]). What is done with it is [`WarpAffine`]'s, bilinear, to an image of the same size: the input is an
/// interleaved u8 image of 1, 3 or 4 channels.
///
/// The draw is a function of seed, stream, epoch, index and size of the image: [`RandomAffine::draw`].
///
/// ```
/// use pixelflume_ops::{RandomAffine, WarpAffine};
///
/// let affine = RandomAffine::new([-15.0, 15.0])?.translate([0.1, 0.1])?.scale([0.9, 1.1])?;
/// let drawn = affine.draw(0, 17, 640, 480);
/// assert!(drawn.degrees.abs() <= 15.0 && drawn.translate[0].abs() <= 64);
/// // The same output, with the matrix of the draw:
/// let warp = WarpAffine::inverse_map(drawn.matrix(640, 480), 640, 480)?;
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct RandomAffine {
    degrees: [f64; 2],
    translate: [f64; 2],
    scale: [f64; 2],
    /// The range along x, then that along y.
    shear: [f64; 4],
    value: [u8; 4],
    stream: Stream,
}

stream_parameters!(RandomAffine);

impl RandomAffine {
    /// Rotations by angles of this range, in degrees, clockwise: the least and the largest, each -360 to 360.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the numbers are not in this range or not in this order.
    pub fn new(degrees: [f64; 2]) -> Result<Self, OperatorError> {
        Ok(RandomAffine {
            degrees: checked("degrees", degrees, [-360.0, 360.0])?,
            translate: [0.0; 2],
            scale: [1.0; 2],
            shear: [0.0; 4],
            value: [0; 4],
            stream: Stream::default(),
        })
    }

    /// Sets the largest translations along x, in widths of the image, and along y, in heights, each 0 to 1.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a number is not in this range.
    pub fn translate(self, translate: [f64; 2]) -> Result<Self, OperatorError> {
        for largest in translate {
            checked("translate", [largest; 2], [0.0, 1.0])?;
        }
        Ok(RandomAffine { translate, ..self })
    }

    /// Sets the least and the largest scale, each 0.001 to 1000.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the numbers are not in this range or not in this order.
    pub fn scale(self, scale: [f64; 2]) -> Result<Self, OperatorError> {
        let scale = checked("scale", scale, [0.001, 1000.0])?;
        Ok(RandomAffine { scale, ..self })
    }

    /// Sets the least and the largest angles of the shear, in degrees: two along x, then two along y, each -89 to 89.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the numbers are not in this range or not in this order.
    pub fn shear(self, shear: [f64; 4]) -> Result<Self, OperatorError> {
        let [least_x, most_x, least_y, most_y] = shear;
        checked("shear", [least_x, most_x], [-89.0, 89.0])?;
        checked("shear", [least_y, most_y], [-89.0, 89.0])?;
        Ok(RandomAffine { shear, ..self })
    }

    /// Sets the color of pixels outside the source, one sample for each channel. Images of fewer channels take the first samples.
    #[must_use]
    pub const fn value(self, value: [u8; 4]) -> Self {
        RandomAffine { value, ..self }
    }

    /// The least and the largest angle in degrees.
    pub const fn angles(&self) -> [f64; 2] {
        self.degrees
    }

    /// The largest translations along x, in widths of the image, and along y, in heights.
    pub const fn translations(&self) -> [f64; 2] {
        self.translate
    }

    /// The least and the largest scale.
    pub const fn scales(&self) -> [f64; 2] {
        self.scale
    }

    /// The least and the largest angles of the shear in degrees: along x, then along y.
    pub const fn shears(&self) -> [f64; 4] {
        self.shear
    }

    /// The color of pixels outside the source.
    pub const fn border_value(&self) -> [u8; 4] {
        self.value
    }

    /// What is drawn for the image of this index in this epoch, of `width` x `height` pixels: in this order the angle, the
    /// translations along x and y, the scale, and the shears along x and y, each uniform in its range. Translations are then rounded to
    /// integers.
    pub fn draw(&self, epoch: u64, index: u64, width: u32, height: u32) -> AffineDraw {
        let mut draws = Draws::new(RandomOperator::Affine, self.stream, epoch, index);
        let degrees = draws.between(self.degrees);
        let [most_x, most_y] = self.translate;
        let mut moved = |most: f64, side: u32| {
            let most = most * f64::from(side);
            draws.between([-most, most]).round_ties_even() as i32
        };
        let translate = [moved(most_x, width), moved(most_y, height)];
        let [least_x, most_x, least_y, most_y] = self.shear;
        AffineDraw {
            degrees,
            translate,
            scale: draws.between(self.scale),
            shear: [
                draws.between([least_x, most_x]),
                draws.between([least_y, most_y]),
            ],
        }
    }

    /// The warp of an image.
    fn warp(&self, image: &ImageContext<'_>) -> Result<WarpAffine, OperatorError> {
        let ImageShape { width, height, .. } = checks::u8_input(KIND, &[image.shape])?;
        let drawn = self.draw(image.epoch, image.index, width, height);
        let warp = WarpAffine::inverse_map(drawn.matrix(width, height), width, height)?;
        Ok(warp.value(self.value))
    }
}

/// Refuses two numbers that are no range, or a range beyond the possible one.
fn checked(
    parameter: &'static str,
    range: [f64; 2],
    possible: [f64; 2],
) -> Result<[f64; 2], OperatorError> {
    check_range(KIND, parameter, range, possible)
}

impl Operator for RandomAffine {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
        self.warp(&ImageContext::first(input))?.plan(inputs)
    }

    fn is_per_image(&self) -> bool {
        true
    }

    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        Ok(Some(Arc::new(self.warp(image)?)))
    }
}
