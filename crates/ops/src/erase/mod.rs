//! The operator `erase`.

mod cuda;
mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
pub(crate) mod testing;

use crate::contract::stage::EraseStep;
use crate::contract::{Action, ChainStep, ImageContext, Operator, OperatorError, Plan, checks};
use crate::crop::CropBox;
use crate::gather::{PadValue, constant};
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageShape, Layout};
use crate::unary::UnaryPlan;
use host::EraseHost;
use pixelflume_kernels::args::EraseArgs;
use std::sync::Arc;

const KIND: &str = "erase";

/// Replaces a rectangle of images by a constant. Kind: `erase`, parameters `box`, `value`.
///
/// Formula: NumPy's `image[y:y + height, x:x + width] = value`, which is torchvision's `erase`. The rectangle is one for all images,
/// or is given for each image beside the batch: the four numbers x, y, width, height (`box = "input"` in a pipeline file). With a side
/// of 0 pixels nothing is replaced. The input is an image of 1, 3 or 4 channels, of any sample type and layout, that holds the
/// whole rectangle; the output has the same shape.
///
/// ```
/// use pixelflume_ops::{CropBox, Erase, ImageShape, Operator};
///
/// let erase = Erase::new(CropBox::new(10, 20, 64, 48))?.value(&[124.0, 116.0, 104.0])?;
/// assert!(erase.plan(&[ImageShape::u8(100, 100, 3)]).is_ok());
/// assert!(erase.plan(&[ImageShape::u8(73, 100, 3)]).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Erase {
    /// The rectangle; `None` where it is given for each image.
    rectangle: Option<CropBox>,
    value: PadValue,
}

impl Erase {
    /// The replacement of this rectangle of all images by 0.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when the rectangle ends beyond 65536.
    pub fn new(rectangle: CropBox) -> Result<Self, OperatorError> {
        Ok(Erase {
            rectangle: Some(rectangle.check(KIND, 0)?),
            ..Self::given()
        })
    }

    /// The replacement of a rectangle that is given for each image, by 0.
    pub fn given() -> Self {
        Erase {
            rectangle: None,
            value: PadValue::default(),
        }
    }

    /// Sets the samples of the rectangle, as [`Pad::value`](crate::Pad::value) takes them; 0 by default.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when there are not 1, 3 or 4 numbers, or one of them is not finite. Whether they are samples of
    /// an image's type is for [`Operator::plan`] to say.
    pub fn value(self, value: &[f64]) -> Result<Self, OperatorError> {
        let value = PadValue::new(KIND, value)?;
        Ok(Erase { value, ..self })
    }

    /// The rectangle of all images; `None` where it is given for each image.
    pub const fn rectangle(&self) -> Option<CropBox> {
        self.rectangle
    }

    /// The number of the rectangle for each of four channels.
    pub const fn constant(&self) -> [f64; 4] {
        self.value.numbers()
    }

    /// The replacement of this rectangle, which is inside the images, by this value.
    pub(crate) const fn at(rectangle: CropBox, value: PadValue) -> Self {
        let rectangle = Some(rectangle);
        Erase { rectangle, value }
    }

    /// What is done to an image.
    pub(crate) fn step(&self, image: &ImageContext<'_>) -> Result<EraseStep, OperatorError> {
        let shape = checks::copied_input(KIND, &[image.shape])?;
        let CropBox {
            x,
            y,
            width,
            height,
        } = self.rectangle_of(image)?;
        Ok(EraseStep {
            x,
            y,
            width,
            height,
            value: constant(KIND, shape, self.value)?,
        })
    }

    /// The rectangle for an image, which holds it.
    fn rectangle_of(&self, image: &ImageContext<'_>) -> Result<CropBox, OperatorError> {
        match self.rectangle {
            None => CropBox::of_image(KIND, image, 0),
            Some(of_all) => {
                of_all.check_image(KIND, image.shape)?;
                Ok(of_all)
            }
        }
    }
}

impl Operator for Erase {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::copied_input(KIND, inputs)?;
        let step = self.step(&ImageContext::first(input))?;
        let (entry, host): (_, Arc<dyn StripCode>) = match input.sample.bytes() {
            1 => ("erase_1", Arc::new(HostCode(EraseHost::<u8>::new()))),
            2 => ("erase_2", Arc::new(HostCode(EraseHost::<u16>::new()))),
            _ => ("erase_4", Arc::new(HostCode(EraseHost::<u32>::new()))),
        };
        // Planar images are rows of samples, one plane after the other.
        let planar = input.layout == Layout::Planar;
        Ok(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::ERASE.kernels,
            entry,
            grid: cuda::grid,
            host,
            input,
            output: input,
            elementwise: planar,
            args: move |src, dst| EraseArgs {
                src,
                dst,
                x: step.x,
                y: step.y,
                width: step.width,
                height: step.height,
                planes: if planar { input.channels } else { 1 },
                reserved: 0,
                value: step.value,
            },
            action: Some(Action::Other),
        }))
    }

    fn is_per_image(&self) -> bool {
        self.rectangle.is_none()
    }

    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        if self.rectangle.is_some() {
            return Ok(None);
        }
        let rectangle = Some(self.rectangle_of(image)?);
        Ok(Some(Arc::new(Erase { rectangle, ..*self })))
    }

    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        Ok(Some(ChainStep::Erase(self.step(image)?)))
    }
}
