//! The operator `crop`.

mod crop_box;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::stage::GatherStep;
use crate::contract::{ChainStep, ImageContext, Operator, OperatorError, Plan, checks};
use crate::gather::gather_plan;
use crate::image::ImageShape;
pub use crop_box::CropBox;
use std::sync::Arc;

const KIND: &str = "crop";

/// Crops images to a rectangle. Kind: `crop`, parameters `x`, `y`, `width`, `height`.
///
/// Formula: NumPy's `image[y:y + height, x:x + width]`. The input is an image of 1, 3 or 4 channels, of any sample type and layout,
/// that contains the whole rectangle; the output has the same channels, type and layout.
///
/// ```
/// use pixelflume_ops::{Crop, ImageShape, Operator};
///
/// let crop = Crop::new(10, 20, 64, 48)?;
/// assert_eq!(crop.plan(&[ImageShape::u8(100, 100, 3)])?.output(), ImageShape::u8(64, 48, 3));
/// assert!(crop.plan(&[ImageShape::u8(73, 100, 3)]).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Crop {
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

impl Crop {
    /// A crop to the `width` x `height` pixels whose top left pixel is at column `x` and row `y`.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a side is not 1 to 65536, or `x` or `y` is 65536 or more.
    pub fn new(x: u32, y: u32, width: u32, height: u32) -> Result<Self, OperatorError> {
        checks::side(KIND, "width", width)?;
        checks::side(KIND, "height", height)?;
        for (parameter, first) in [("x", x), ("y", y)] {
            if first >= checks::MAX_SIDE {
                return Err(OperatorError::Parameter {
                    operator: KIND,
                    parameter,
                    got: first.to_string(),
                    expected: format!("a pixel from 0 to {}", checks::MAX_SIDE - 1),
                });
            }
        }
        Ok(Crop {
            x,
            y,
            width,
            height,
        })
    }

    /// The column of the input at which the rectangle begins.
    pub const fn x(&self) -> u32 {
        self.x
    }

    /// The row of the input at which the rectangle begins.
    pub const fn y(&self) -> u32 {
        self.y
    }

    /// Width of the output in pixels.
    pub const fn width(&self) -> u32 {
        self.width
    }

    /// Height of the output in pixels.
    pub const fn height(&self) -> u32 {
        self.height
    }
}

impl Crop {
    /// The place of the source in the output.
    fn step(&self, inputs: &[ImageShape]) -> Result<GatherStep, OperatorError> {
        let input = checks::copied_input(KIND, inputs)?;
        let rectangle = CropBox::new(self.x, self.y, self.width, self.height);
        rectangle.check_image(KIND, input)?;
        Ok(rectangle.step(input))
    }
}

impl Operator for Crop {
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
