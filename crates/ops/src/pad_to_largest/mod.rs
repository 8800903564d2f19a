//! The operator `pad_to_largest`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::stage::GatherStep;
use crate::contract::{ChainStep, ImageContext, Operator, OperatorError, Plan};
use crate::gather::{GatherOf, PadValue};
use crate::image::ImageShape;
use crate::pad_to::pad_step;
use crate::pad_to::size::{PadPosition, PadSize};
use std::sync::Arc;

const KIND: &str = "pad_to_largest";

/// Pads the images of a batch with a constant to one size: the largest width and the largest height among them. Kind: `pad_to_largest`,
/// parameters `multiple`, `position`, `value`.
///
/// Both sides are rounded up to multiples of `multiple`. The images lie at the top left or in the middle. They have 1, 3 or 4
/// channels, any sample type and any layout; the outputs have the same channels, type and layout, and sides of at most 65536 pixels.
/// For batches of one image it is [`PadTo`](crate::PadTo).
///
/// [`PadMask::largest`](crate::PadMask::largest) makes the mask of it.
///
/// ```
/// use pixelflume_ops::{ImageShape, Operator, PadToLargest};
///
/// let pad = PadToLargest::new().multiple(32)?;
/// assert_eq!(pad.plan(&[ImageShape::u8(300, 200, 3)])?.output(), ImageShape::u8(320, 224, 3));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct PadToLargest {
    size: PadSize,
    value: PadValue,
}

impl Default for PadToLargest {
    fn default() -> Self {
        PadToLargest {
            size: PadSize {
                largest: true,
                ..PadSize::default()
            },
            value: PadValue::default(),
        }
    }
}

impl PadToLargest {
    /// A pad to the sides of the largest images, with the value 0 and the images at the top left.
    pub fn new() -> Self {
        PadToLargest::default()
    }

    /// Sets the number of which both sides become multiples, 1 to 65536.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when it is not 1 to 65536.
    pub fn multiple(mut self, multiple: u32) -> Result<Self, OperatorError> {
        self.size = self.size.multiple(KIND, multiple)?;
        Ok(self)
    }

    /// Sets the place of the images in their padding; the top left by default.
    #[must_use]
    pub const fn position(mut self, position: PadPosition) -> Self {
        self.size.position = position;
        self
    }

    /// Sets the samples of the padding, as [`Pad::value`](crate::Pad::value) takes them; 0 by default.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when there are not 1, 3 or 4 numbers, or one of them is not finite. Whether they are samples of
    /// an image's type is for [`Operator::plan`] to say.
    pub fn value(self, value: &[f64]) -> Result<Self, OperatorError> {
        let value = PadValue::new(KIND, value)?;
        Ok(PadToLargest { value, ..self })
    }

    /// The number of which both sides are multiples, in pixels; 1 by default.
    pub const fn multiple_of(&self) -> u32 {
        self.size.multiple
    }

    /// The place of the images in their padding.
    pub const fn image_position(&self) -> PadPosition {
        self.size.position
    }

    /// The number of the padding for each of four channels.
    pub const fn pad_value(&self) -> [f64; 4] {
        self.value.numbers()
    }

    /// The pad of an image.
    fn step(&self, image: &ImageContext<'_>) -> Result<GatherStep, OperatorError> {
        pad_step(KIND, &[image.shape], &self.size.of_image(image), self.value)
    }
}

impl Operator for PadToLargest {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        GatherOf::first(KIND, inputs, |image| self.step(image))
    }

    fn is_per_image(&self) -> bool {
        true
    }

    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        Ok(Some(GatherOf::shared(KIND, image, self.step(image)?)))
    }

    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        Ok(Some(ChainStep::Gather(self.step(image)?)))
    }
}
