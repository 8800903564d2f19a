//! The operator `flip`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::checks::text_by_name;
use crate::contract::stage::{GatherMap, GatherStep};
use crate::contract::{ChainStep, ImageContext, Operator, OperatorError, Plan, checks};
use crate::gather::gather_plan;
use crate::image::ImageShape;
use std::sync::Arc;

const KIND: &str = "flip";

/// The direction in which a [`Flip`] mirrors.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[non_exhaustive]
pub enum FlipAxis {
    /// Left and right are swapped.
    #[default]
    Horizontal,
    /// Top and bottom are swapped.
    Vertical,
    /// Both are swapped, which is a rotation by 180 degrees.
    Both,
}

impl FlipAxis {
    /// All directions, in the order in which error messages list them.
    pub const ALL: [FlipAxis; 3] = [FlipAxis::Horizontal, FlipAxis::Vertical, FlipAxis::Both];

    /// The name that pipeline files use, for example `horizontal`.
    pub const fn name(self) -> &'static str {
        match self {
            FlipAxis::Horizontal => "horizontal",
            FlipAxis::Vertical => "vertical",
            FlipAxis::Both => "both",
        }
    }
}

text_by_name!(FlipAxis, KIND, "axis");

/// Mirrors images. Kind: `flip`, parameter `axis`.
///
/// Formula: OpenCV's `flip` with code 1 (horizontal), 0 (vertical) or -1 (both). The input is an image of 1, 3 or 4
/// channels, of any sample type and layout; the output has the same shape.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
pub struct Flip {
    axis: FlipAxis,
}

impl Flip {
    /// A flip in this direction.
    pub const fn new(axis: FlipAxis) -> Self {
        Flip { axis }
    }

    /// The direction of the flip.
    pub const fn axis(&self) -> FlipAxis {
        self.axis
    }
}

impl Flip {
    /// The place of the source in the output.
    fn step(&self, inputs: &[ImageShape]) -> Result<GatherStep, OperatorError> {
        let input = checks::copied_input(KIND, inputs)?;
        let map = GatherMap {
            flip: (
                self.axis != FlipAxis::Vertical,
                self.axis != FlipAxis::Horizontal,
            ),
            ..GatherMap::identity(input)
        };
        Ok(GatherStep::new(map, input))
    }
}

impl Operator for Flip {
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
