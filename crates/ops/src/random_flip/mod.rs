//! The operator `random_flip`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::stage::GatherStep;
use crate::contract::{ChainStep, ImageContext, Operator, OperatorError, Plan, checks};
use crate::flip::FlipAxis;
use crate::gather::GatherOf;
use crate::image::ImageShape;
use crate::random::ranges::check_probability;
use crate::random::{Draws, RandomOperator, Stream, stream_parameters};
use std::sync::Arc;

const KIND: &str = "random_flip";

/// Mirrors each image at random. Kind: `random_flip`, parameters `horizontal`, `vertical`, `seed`, `stream`.
///
/// Left and right are swapped with the probability `horizontal`, and top and bottom, independently, with the probability `vertical`:
/// torchvision's `RandomHorizontalFlip` and `RandomVerticalFlip`. What is done is [`Flip`](crate::Flip)'s: the input is an image of
/// 1, 3 or 4 channels, of any sample type and layout, and the output has the same shape.
///
/// The flip is a function of seed, stream, epoch and index of the image: [`RandomFlip::draw`].
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct RandomFlip {
    horizontal: f64,
    vertical: f64,
    stream: Stream,
}

stream_parameters!(RandomFlip);

impl RandomFlip {
    /// Flips with these probabilities, each 0 to 1, of swapping left and right, and top and bottom.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a number is no probability.
    pub fn new(horizontal: f64, vertical: f64) -> Result<Self, OperatorError> {
        Ok(RandomFlip {
            horizontal: check_probability(KIND, "horizontal", horizontal)?,
            vertical: check_probability(KIND, "vertical", vertical)?,
            stream: Stream::default(),
        })
    }

    /// The probability of swapping left and right, and that of swapping top and bottom.
    pub const fn probabilities(&self) -> (f64, f64) {
        (self.horizontal, self.vertical)
    }

    /// The flip that is drawn for the image of this index in this epoch; `None` where it stays as it is. Given to a
    /// [`Flip`](crate::Flip) as its number ([`FlipAxis::number`]), it makes the same output.
    ///
    /// Two numbers from 0 to below 1 are drawn: left and right are swapped where the first one is below `horizontal`, top and bottom
    /// where the second one is below `vertical`.
    pub fn draw(&self, epoch: u64, index: u64) -> Option<FlipAxis> {
        let mut draws = Draws::new(RandomOperator::Flip, self.stream, epoch, index);
        match (draws.unit() < self.horizontal, draws.unit() < self.vertical) {
            (false, false) => None,
            (true, false) => Some(FlipAxis::Horizontal),
            (false, true) => Some(FlipAxis::Vertical),
            (true, true) => Some(FlipAxis::Both),
        }
    }

    /// The flip of an image.
    fn step(&self, image: &ImageContext<'_>) -> GatherStep {
        FlipAxis::step(self.draw(image.epoch, image.index), image.shape)
    }
}

impl Operator for RandomFlip {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        GatherOf::first(KIND, inputs, |image| Ok(self.step(image)))
    }

    fn is_per_image(&self) -> bool {
        true
    }

    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        Ok(Some(GatherOf::shared(KIND, image, self.step(image))))
    }

    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        checks::copied_input(KIND, &[image.shape])?;
        Ok(Some(ChainStep::Gather(self.step(image))))
    }
}
