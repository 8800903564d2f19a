//! Padding.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::checks::{MAX_SIDE, parse_name};
use crate::contract::stage::{BorderMode, GatherMap};
use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::fusion::as_chain;
use crate::gather::GatherPlan;
use crate::image::ImageShape;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

const KIND: &str = "pad";

/// What a [`Pad`] puts around an image.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[non_exhaustive]
pub enum PadMode {
    /// One color (`BORDER_CONSTANT`).
    #[default]
    Constant,
    /// The border pixel, `aaaaaa|abcdefgh|hhhhhhh` (`BORDER_REPLICATE`).
    Replicate,
    /// The image mirrored at its border pixel, `gfedcb|abcdefgh|gfedcba` (`BORDER_REFLECT_101`), as often as needed.
    Reflect101,
}

impl PadMode {
    /// Every mode.
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

impl fmt::Display for PadMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for PadMode {
    type Err = OperatorError;

    fn from_str(text: &str) -> Result<Self, OperatorError> {
        parse_name(KIND, "mode", text, Self::ALL, Self::name)
    }
}

/// Puts pixels around 8-bit images. Kind: `pad`, parameters `left`, `top`, `right`, `bottom`, `mode`, `value`.
///
/// Formula: OpenCV's `copyMakeBorder`. Takes interleaved u8 images of 1, 3 or 4 channels and gives the same channels; the
/// output is at most 65536 pixels a side.
///
/// ```
/// use pixelflume_ops::{ImageShape, Operator, Pad, PadMode};
///
/// let pad = Pad::new(1, 2, 3, 4).mode(PadMode::Replicate);
/// assert_eq!(pad.plan(&[ImageShape::u8(10, 10, 3)])?.output(), ImageShape::u8(14, 16, 3));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Pad {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
    mode: PadMode,
    value: [u8; 4],
}

impl Pad {
    /// Puts so many pixels of black (0 in each channel, alpha too) at each side.
    pub const fn new(left: u32, top: u32, right: u32, bottom: u32) -> Self {
        Pad {
            left,
            top,
            right,
            bottom,
            mode: PadMode::Constant,
            value: [0; 4],
        }
    }

    /// The same with this mode.
    #[must_use]
    pub const fn mode(self, mode: PadMode) -> Self {
        Pad { mode, ..self }
    }

    /// The same with this color, channel by channel, for [`PadMode::Constant`]. Images of fewer channels take the first
    /// ones.
    #[must_use]
    pub const fn value(self, value: [u8; 4]) -> Self {
        Pad { value, ..self }
    }

    /// Pixels at the left, top, right and bottom.
    pub const fn sides(&self) -> [u32; 4] {
        [self.left, self.top, self.right, self.bottom]
    }

    /// The mode that was set, constant at first.
    pub const fn pad_mode(&self) -> PadMode {
        self.mode
    }

    /// The color that was set, black at first.
    pub const fn pad_value(&self) -> [u8; 4] {
        self.value
    }
}

impl Operator for Pad {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
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
        Ok(as_chain(Arc::new(GatherPlan {
            operator: KIND,
            input,
            output: ImageShape::u8(width as u32, height as u32, input.channels),
            gather: GatherMap {
                left: self.left as i32,
                top: self.top as i32,
                border: match self.mode {
                    PadMode::Constant => BorderMode::Constant,
                    PadMode::Replicate => BorderMode::Replicate,
                    PadMode::Reflect101 => BorderMode::Reflect101,
                },
                value: self.value,
                ..GatherMap::identity(input)
            },
        })))
    }
}
