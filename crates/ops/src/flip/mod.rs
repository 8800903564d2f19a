//! The operator `flip`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::checks::text_by_name;
use crate::contract::stage::{GatherMap, GatherStep};
use crate::contract::{ChainStep, ImageContext, Operator, OperatorError, Plan, checks};
use crate::gather::GatherOf;
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

impl FlipAxis {
    /// The number that stands for a direction where one is given for each image: 0 for none, 1 for horizontal, 2 for vertical, 3 for
    /// both.
    pub const fn number(axis: Option<FlipAxis>) -> f64 {
        match axis {
            None => 0.0,
            Some(FlipAxis::Horizontal) => 1.0,
            Some(FlipAxis::Vertical) => 2.0,
            Some(FlipAxis::Both) => 3.0,
        }
    }

    /// The flip of images of this shape in this direction, or the copy of them where there is none.
    pub(crate) fn step(axis: Option<FlipAxis>, image: ImageShape) -> GatherStep {
        let flip = axis.map_or((false, false), |axis| {
            (axis != FlipAxis::Vertical, axis != FlipAxis::Horizontal)
        });
        GatherStep {
            map: GatherMap {
                flip,
                ..GatherMap::identity(image)
            },
            output: (image.width, image.height),
        }
    }
}

/// The position of the parameter, and its name.
const AXIS: (usize, &str) = (0, "axis");

/// Mirrors images. Kind: `flip`, parameter `axis`.
///
/// Formula: OpenCV's `flip` with code 1 (horizontal), 0 (vertical) or -1 (both). The direction is one for all images, or is given
/// for each image beside the batch as a number ([`FlipAxis::number`]; `axis = "input"` in a pipeline file). The input is an image of
/// 1, 3 or 4 channels, of any sample type and layout; the output has the same shape.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Flip {
    /// The direction; `None` where it is given for each image.
    axis: Option<FlipAxis>,
}

impl Default for Flip {
    /// A horizontal flip.
    fn default() -> Self {
        Flip::new(FlipAxis::Horizontal)
    }
}

impl Flip {
    /// A flip of all images in this direction.
    pub const fn new(axis: FlipAxis) -> Self {
        Flip { axis: Some(axis) }
    }

    /// A flip of each image in a direction that is given for it.
    pub const fn given() -> Self {
        Flip { axis: None }
    }

    /// The direction of the flip of all images; `None` where it is given for each image.
    pub const fn axis(&self) -> Option<FlipAxis> {
        self.axis
    }

    /// The flip of an image.
    fn step(&self, image: &ImageContext<'_>) -> Result<GatherStep, OperatorError> {
        if self.axis.is_some() {
            return Ok(FlipAxis::step(self.axis, image.shape));
        }
        let meaning = "0 for no flip, 1 horizontal, 2 vertical, 3 both";
        let [number] = image.numbers(KIND, AXIS, meaning)?;
        let all = FlipAxis::ALL.map(Some).into_iter().chain([None]);
        let mut all = all.filter(|&axis| FlipAxis::number(axis) == number);
        match all.next() {
            Some(axis) => Ok(FlipAxis::step(axis, image.shape)),
            None => Err(OperatorError::given(
                KIND,
                AXIS.1,
                number.to_string(),
                format!("give {meaning}"),
            )),
        }
    }
}

impl Operator for Flip {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        GatherOf::first(KIND, inputs, |image| self.step(image))
    }

    fn is_per_image(&self) -> bool {
        self.axis.is_none()
    }

    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        match self.axis {
            Some(_) => Ok(None),
            None => Ok(Some(GatherOf::shared(KIND, image, self.step(image)?))),
        }
    }

    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        checks::copied_input(KIND, &[image.shape])?;
        Ok(Some(ChainStep::Gather(self.step(image)?)))
    }
}
