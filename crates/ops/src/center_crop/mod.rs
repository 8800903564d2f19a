//! The operator `center_crop`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::crop::crop_plan;
use crate::image::ImageShape;
use std::sync::Arc;

const KIND: &str = "center_crop";

/// Crops 8-bit images to a rectangle in their middle. Kind: `center_crop`, parameters `width`, `height`.
///
/// Formula: NumPy's `image[y:y + height, x:x + width]` with `x = (image_width - width) // 2` and
/// `y = (image_height - height) // 2`: where the difference is odd, the rectangle is half a pixel to the top left of the center.
/// (torchvision's `center_crop` rounds half pixels to even instead.) The input is an interleaved u8 image of 1, 3 or 4 channels
/// that is at least as large; the output has the same channels.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct CenterCrop {
    width: u32,
    height: u32,
}

impl CenterCrop {
    /// A crop to the middle `width` x `height` pixels, each 1 to 65536.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a side is not 1 to 65536.
    pub fn new(width: u32, height: u32) -> Result<Self, OperatorError> {
        checks::side(KIND, "width", width)?;
        checks::side(KIND, "height", height)?;
        Ok(CenterCrop { width, height })
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

impl Operator for CenterCrop {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
        let (width, height) = (self.width, self.height);
        if width > input.width || height > input.height {
            return Err(OperatorError::Shape {
                operator: KIND,
                got: input,
                reason: format!("it is smaller than {width}x{height}; resize or pad it first"),
            });
        }
        let first = ((input.width - width) / 2, (input.height - height) / 2);
        Ok(crop_plan(KIND, input, first, (width, height)))
    }
}
