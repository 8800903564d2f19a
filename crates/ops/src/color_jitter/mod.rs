//! The operator `color_jitter`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{ImageContext, Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::pixel_steps::{PixelStep, PixelSteps};
use crate::random::ranges::check_range;
use crate::random::{Draws, RandomOperator, Stream, stream_parameters};
use std::sync::Arc;

const KIND: &str = "color_jitter";

/// Changes brightness, contrast, saturation and hue of each image at random, in a random order. Kind: `color_jitter`, parameters
/// `brightness`, `contrast`, `saturation`, `hue`, `seed`, `stream`.
///
/// As torchvision's `ColorJitter`: the order is a random permutation, and each factor is uniform between the two numbers of its range. What
/// is done is what [`Brightness`](crate::Brightness), [`Contrast`](crate::Contrast), [`Saturation`](crate::Saturation) and
/// [`Hue`](crate::Hue) do one after the other, each with samples of 8 bits; a range of 1 to 1, or 0 to 0 of the hue, leaves its change out. The
/// input is a gray or RGB u8 image with at most 2^31 - 1 pixels; the output has the same shape.
///
/// Order and factors are a function of seed, stream, epoch and index of the image: [`ColorJitter::draw`].
///
/// ```
/// use pixelflume_ops::ColorJitter;
///
/// let jitter = ColorJitter::new().brightness([0.6, 1.4])?.hue([-0.1, 0.1])?.seed(1);
/// let drawn = jitter.draw(0, 7);
/// assert!((0.6..=1.4).contains(&drawn.brightness));
/// assert_eq!(drawn.contrast, 1.0);
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct ColorJitter {
    /// The ranges of brightness, contrast, saturation and hue.
    ranges: [[f64; 2]; 4],
    stream: Stream,
}

stream_parameters!(ColorJitter);

/// What a [`ColorJitter`] draws for an image.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct JitterDraw {
    /// The order of the changes: 0 brightness, 1 contrast, 2 saturation, 3 hue.
    pub order: [usize; 4],
    /// The factor of the brightness, 1 where it stays.
    pub brightness: f64,
    /// The factor of the contrast, 1 where it stays.
    pub contrast: f64,
    /// The factor of the saturation, 1 where it stays.
    pub saturation: f64,
    /// The turn of the hue, 0 where it stays.
    pub hue: f64,
}

/// The numbers that leave an image as it is.
const NEUTRAL: [f64; 4] = [1.0, 1.0, 1.0, 0.0];

impl ColorJitter {
    /// The operator that changes nothing, until ranges are set.
    pub const fn new() -> Self {
        let [brightness, contrast, saturation, hue] = NEUTRAL;
        ColorJitter {
            ranges: [
                [brightness, brightness],
                [contrast, contrast],
                [saturation, saturation],
                [hue, hue],
            ],
            stream: Stream { seed: 0, stream: 0 },
        }
    }

    /// Sets the least and the largest factor of the brightness, 0 to 1,000,000; 1 to 1 by default.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the numbers are not in this range or not in this order.
    pub fn brightness(self, range: [f64; 2]) -> Result<Self, OperatorError> {
        self.with(0, "brightness", range, checks::FACTORS)
    }

    /// Sets the least and the largest factor of the contrast, 0 to 1,000,000; 1 to 1 by default.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the numbers are not in this range or not in this order.
    pub fn contrast(self, range: [f64; 2]) -> Result<Self, OperatorError> {
        self.with(1, "contrast", range, checks::FACTORS)
    }

    /// Sets the least and the largest factor of the saturation, 0 to 1,000,000; 1 to 1 by default.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the numbers are not in this range or not in this order.
    pub fn saturation(self, range: [f64; 2]) -> Result<Self, OperatorError> {
        self.with(2, "saturation", range, checks::FACTORS)
    }

    /// Sets the least and the largest turn of the hue, -0.5 to 0.5; 0 to 0 by default.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the numbers are not in this range or not in this order.
    pub fn hue(self, range: [f64; 2]) -> Result<Self, OperatorError> {
        self.with(3, "hue", range, [-0.5, 0.5])
    }

    fn with(
        mut self,
        index: usize,
        parameter: &'static str,
        range: [f64; 2],
        limits: [f64; 2],
    ) -> Result<Self, OperatorError> {
        self.ranges[index] = check_range(KIND, parameter, range, limits)?;
        Ok(self)
    }

    /// The ranges of brightness, contrast, saturation and hue.
    pub const fn ranges(&self) -> [[f64; 2]; 4] {
        self.ranges
    }

    /// Whether a change is done at all.
    fn is_done(&self, change: usize) -> bool {
        self.ranges[change] != [NEUTRAL[change]; 2]
    }

    /// The order and the factors that are drawn for the image of this index in this epoch.
    ///
    /// First the order is drawn: for k of 3, 2, 1 an integer j of 0 to k, and the changes at the places k and j of (0, 1, 2, 3) are exchanged.
    /// Then the factors of brightness, contrast, saturation and hue, of those that have a range.
    pub fn draw(&self, epoch: u64, index: u64) -> JitterDraw {
        let mut draws = Draws::new(RandomOperator::ColorJitter, self.stream, epoch, index);
        let mut order = [0, 1, 2, 3];
        for place in (1..4).rev() {
            let other = draws.below(place + 1);
            order.swap(place as usize, other as usize);
        }
        let factors = std::array::from_fn(|change| match self.is_done(change) {
            true => draws.between(self.ranges[change]),
            false => NEUTRAL[change],
        });
        let [brightness, contrast, saturation, hue] = factors;
        JitterDraw {
            order,
            brightness,
            contrast,
            saturation,
            hue,
        }
    }

    /// What is done to the image of this index in this epoch.
    fn steps(&self, epoch: u64, index: u64) -> PixelSteps {
        let drawn = self.draw(epoch, index);
        let all = [
            PixelStep::Brightness(drawn.brightness),
            PixelStep::Contrast(drawn.contrast),
            PixelStep::Saturation(drawn.saturation),
            PixelStep::Hue(drawn.hue),
        ];
        let done = drawn
            .order
            .into_iter()
            .filter(|&change| self.is_done(change));
        PixelSteps {
            operator: KIND,
            steps: done.map(|change| all[change]).collect(),
        }
    }
}

impl Default for ColorJitter {
    fn default() -> Self {
        ColorJitter::new()
    }
}

impl Operator for ColorJitter {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        self.steps(0, 0).plan(inputs)
    }

    fn is_per_image(&self) -> bool {
        true
    }

    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        Ok(Some(Arc::new(self.steps(image.epoch, image.index))))
    }
}
