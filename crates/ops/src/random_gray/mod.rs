//! The operator `random_gray`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{ImageContext, Operator, OperatorError, Plan};
use crate::image::ImageShape;
use crate::pixel_steps::{PixelStep, PixelSteps};
use crate::random::ranges::check_probability;
use crate::random::{Draws, RandomOperator, Stream, stream_parameters};
use std::sync::{Arc, OnceLock};

const KIND: &str = "random_gray";

/// Makes some images gray, with as many channels as before. Kind: `random_gray`, parameters `probability`, `seed`, `stream`.
///
/// As torchvision's `RandomGrayscale`: with the given probability the image becomes that of `rgb_to_grayscale`, in each channel
/// `B * 0.114 + (G * 0.587 + R * 0.2989)` in f32 with a rounding behind each product and multiply-add, truncated. The input is a gray image,
/// which stays as it is, or an RGB u8 image; the output has the same shape.
///
/// Whether an image becomes gray is a function of seed, stream, epoch and index of the image: [`RandomGray::draw`].
///
/// ```
/// use pixelflume_ops::RandomGray;
///
/// assert!(RandomGray::new(1.0)?.draw(0, 7));
/// assert!(!RandomGray::new(0.0)?.draw(0, 7));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct RandomGray {
    probability: f64,
    stream: Stream,
}

stream_parameters!(RandomGray);

impl RandomGray {
    /// Makes images gray with this probability, 0 to 1.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the number is no probability.
    pub fn new(probability: f64) -> Result<Self, OperatorError> {
        Ok(RandomGray {
            probability: check_probability(KIND, "probability", probability)?,
            stream: Stream::default(),
        })
    }

    /// The probability with which an image becomes gray.
    pub const fn probability(&self) -> f64 {
        self.probability
    }

    /// Whether the image of this index in this epoch becomes gray: where a number from 0 to below 1 is below the probability.
    pub fn draw(&self, epoch: u64, index: u64) -> bool {
        let mut draws = Draws::new(RandomOperator::Gray, self.stream, epoch, index);
        draws.unit() < self.probability
    }

    /// What is done to an image. One operator for all images of a kind, so that they are executed together.
    fn steps(&self, epoch: u64, index: u64) -> &'static Arc<PixelSteps> {
        static STEPS: OnceLock<[Arc<PixelSteps>; 2]> = OnceLock::new();
        let new = |steps: &[PixelStep]| {
            Arc::new(PixelSteps {
                operator: KIND,
                steps: steps.to_vec(),
            })
        };
        let both = STEPS.get_or_init(|| [new(&[]), new(&[PixelStep::Gray])]);
        &both[usize::from(self.draw(epoch, index))]
    }
}

impl Operator for RandomGray {
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
        let steps = Arc::clone(self.steps(image.epoch, image.index));
        Ok(Some(steps))
    }
}
