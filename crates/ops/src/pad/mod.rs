//! The operator `pad`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::checks::{MAX_SIDE, text_by_name};
use crate::contract::stage::{BorderMode, GatherMap, GatherStep};
use crate::contract::{ChainStep, ImageContext, Operator, OperatorError, Plan, checks};
use crate::gather::{PadValue, constant, gather_plan};
use crate::image::ImageShape;
use std::sync::Arc;

const KIND: &str = "pad";

/// The border mode of a [`Pad`].
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[non_exhaustive]
pub enum PadMode {
    /// A constant color (`BORDER_CONSTANT`).
    #[default]
    Constant,
    /// The nearest pixel of the image, `aaaaaa|abcdefgh|hhhhhhh` (`BORDER_REPLICATE`).
    Replicate,
    /// The image mirrored at its border pixel, `gfedcb|abcdefgh|gfedcba` (`BORDER_REFLECT_101`), as often as needed.
    Reflect101,
}

impl PadMode {
    /// All modes, in the order in which error messages list them.
    pub const ALL: [PadMode; 3] = [PadMode::Constant, PadMode::Replicate, PadMode::Reflect101];

    /// The name that pipeline files use, for example `constant`.
    pub const fn name(self) -> &'static str {
        match self {
            PadMode::Constant => "constant",
            PadMode::Replicate => "replicate",
            PadMode::Reflect101 => "reflect_101",
        }
    }
}

text_by_name!(PadMode, KIND, "mode");

/// Adds a border around images. Kind: `pad`, parameters `left`, `top`, `right`, `bottom`, `mode`, `value`.
///
/// Formula: OpenCV's `copyMakeBorder`. The input is an image of 1, 3 or 4 channels, of any sample type and layout; the output has
/// the same channels, type and layout, and sides of at most 65536 pixels.
///
/// ```
/// use pixelflume_ops::{ImageShape, Operator, Pad, PadMode, SampleType};
///
/// let pad = Pad::new(1, 2, 3, 4).mode(PadMode::Replicate);
/// assert_eq!(pad.plan(&[ImageShape::u8(10, 10, 3)])?.output(), ImageShape::u8(14, 16, 3));
///
/// // Behind `normalize`, with a value in normalized units.
/// let normalized = ImageShape { sample: SampleType::F16, ..ImageShape::u8(10, 10, 3) };
/// let pad = Pad::new(0, 0, 6, 6).value(&[-0.5])?;
/// assert_eq!(pad.plan(&[normalized])?.output().sample, SampleType::F16);
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Pad {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
    mode: PadMode,
    value: PadValue,
}

impl Pad {
    /// A pad by these numbers of pixels at the four sides, with a constant border of 0 in each channel, alpha included.
    pub fn new(left: u32, top: u32, right: u32, bottom: u32) -> Self {
        Pad {
            left,
            top,
            right,
            bottom,
            mode: PadMode::Constant,
            value: PadValue::default(),
        }
    }

    /// Sets the border mode; constant by default.
    #[must_use]
    pub const fn mode(self, mode: PadMode) -> Self {
        Pad { mode, ..self }
    }

    /// Sets the samples of [`PadMode::Constant`]: one number for all channels, or one for each of 3 or 4. Three leave the fourth
    /// channel at 0, as OpenCV's `Scalar` does; images of fewer channels take the first ones. Images with u8 samples need
    /// integers from 0 to 255, those with i16 samples integers of their range. For f32, f16 and bf16 samples a number is rounded
    /// to the nearest f32, and that to the nearest sample.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when there are not 1, 3 or 4 numbers, or one of them is not finite. Whether they are samples of
    /// an image's type is for [`Operator::plan`] to say.
    pub fn value(self, value: &[f64]) -> Result<Self, OperatorError> {
        let value = PadValue::new(KIND, value)?;
        Ok(Pad { value, ..self })
    }

    /// The pixels added at the left, top, right and bottom.
    pub const fn sides(&self) -> [u32; 4] {
        [self.left, self.top, self.right, self.bottom]
    }

    /// The border mode.
    pub const fn pad_mode(&self) -> PadMode {
        self.mode
    }

    /// The number of a constant border for each of four channels.
    pub const fn pad_value(&self) -> [f64; 4] {
        self.value.numbers()
    }
}

impl Pad {
    /// The place of the source in the output.
    fn step(&self, inputs: &[ImageShape]) -> Result<GatherStep, OperatorError> {
        let input = checks::copied_input(KIND, inputs)?;
        let padded = |side: u32, before: u32, after: u32| {
            u64::from(side) + u64::from(before) + u64::from(after)
        };
        let width = padded(input.width, self.left, self.right);
        let height = padded(input.height, self.top, self.bottom);
        if width.max(height) > u64::from(MAX_SIDE) {
            return Err(OperatorError::Shape {
                operator: KIND,
                got: input,
                reason: format!(
                    "its output would have {width}x{height} pixels; {MAX_SIDE} a side are possible"
                ),
            });
        }
        let output = ImageShape {
            width: width as u32,
            height: height as u32,
            ..input
        };
        let map = GatherMap {
            left: self.left as i32,
            top: self.top as i32,
            border: match self.mode {
                PadMode::Constant => BorderMode::Constant,
                PadMode::Replicate => BorderMode::Replicate,
                PadMode::Reflect101 => BorderMode::Reflect101,
            },
            value: constant(KIND, input, self.value)?,
            ..GatherMap::identity(input)
        };
        Ok(GatherStep::new(map, output))
    }
}

impl Operator for Pad {
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
