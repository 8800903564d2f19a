//! The operator `pad_to`.

pub(crate) mod parameters;
pub(crate) mod reference;
pub(crate) mod size;
pub(crate) mod spec;
#[cfg(feature = "testing")]
pub(crate) mod testing;

use crate::contract::stage::{GatherMap, GatherStep};
use crate::contract::{ChainStep, ImageContext, Operator, OperatorError, Plan, checks};
use crate::gather::{PadValue, constant, gather_plan};
use crate::image::ImageShape;
pub use size::PadPosition;
use size::{PadSize, Place};
use std::sync::Arc;

const KIND: &str = "pad_to";

/// Pads images with a constant to a size. Kind: `pad_to`, parameters `width`, `height`, `square`, `multiple`, `position`, `value`.
///
/// The size follows from the parameters in this order: each side is the one that is given, or that of the image where none is;
/// with `square`, both become the larger of the two; each is rounded up to a multiple of `multiple`. The image lies at the top left
/// or in the middle. The input is an image of 1, 3 or 4 channels, of any sample type and layout, that is not larger than the
/// sides that are given; the output has the same channels, type and layout, and sides of at most 65536 pixels.
///
/// [`PadMask`](crate::PadMask) makes the mask of it.
///
/// ```
/// use pixelflume_ops::{ImageShape, Operator, PadPosition, PadTo};
///
/// let output = |pad: PadTo| pad.plan(&[ImageShape::u8(300, 200, 3)]).map(|plan| plan.output());
/// assert_eq!(output(PadTo::new().size(1024, 1024)?)?, ImageShape::u8(1024, 1024, 3));
/// assert_eq!(output(PadTo::new().square(true))?, ImageShape::u8(300, 300, 3));
/// let centered = PadTo::new().multiple(32)?.position(PadPosition::Center).value(&[114.0])?;
/// assert_eq!(output(centered)?, ImageShape::u8(320, 224, 3));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct PadTo {
    size: PadSize,
    value: PadValue,
}

impl PadTo {
    /// A pad to the size of the image itself, which changes nothing, with the value 0.
    pub fn new() -> Self {
        PadTo::default()
    }

    /// Sets the samples of the padding: one number for all channels, or one for each of 3 or 4, as [`Pad::value`](crate::Pad::value)
    /// takes them.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when there are not 1, 3 or 4 numbers, or one of them is not finite. Whether they are samples of
    /// an image's type is for [`Operator::plan`] to say.
    pub fn value(self, value: &[f64]) -> Result<Self, OperatorError> {
        let value = PadValue::new(KIND, value)?;
        Ok(PadTo { value, ..self })
    }

    /// The number of the padding for each of four channels.
    pub const fn pad_value(&self) -> [f64; 4] {
        self.value.numbers()
    }
}

parameters::size_parameters!(PadTo);

impl PadTo {
    /// The place of the source in the output.
    fn step(&self, inputs: &[ImageShape]) -> Result<GatherStep, OperatorError> {
        pad_step(KIND, inputs, &self.size, self.value)
    }
}

/// The pad of images to a size by an operator of this kind with one input.
pub(crate) fn pad_step(
    operator: &'static str,
    inputs: &[ImageShape],
    size: &PadSize,
    value: PadValue,
) -> Result<GatherStep, OperatorError> {
    let input = checks::copied_input(operator, inputs)?;
    let Place {
        width,
        height,
        left,
        top,
    } = size.place(operator, input)?;
    let map = GatherMap {
        // Sides are at most 65536.
        left: left as i32,
        top: top as i32,
        value: constant(operator, input, value)?,
        ..GatherMap::identity(input)
    };
    Ok(GatherStep {
        map,
        output: (width, height),
    })
}

impl Operator for PadTo {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Ok(gather_plan(KIND, inputs, &self.step(inputs)?))
    }

    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        Ok(Some(ChainStep::Gather(self.step(&[image.shape])?)))
    }
}
