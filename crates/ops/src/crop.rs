//! Crop.

pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::gather::{Gather, GatherPlan};
use crate::plan::{self, side};
use crate::{ImageShape, Operator, OperatorError, Plan, fusion};
use std::sync::Arc;

const CROP: &str = "crop";
const CENTER_CROP: &str = "center_crop";

/// Cuts a rectangle out of 8-bit images. Kind: `crop`, parameters `x`, `y`, `width`, `height`.
///
/// Formula: NumPy's `image[y:y + height, x:x + width]`. Takes interleaved u8 images of 1, 3 or 4 channels that hold the
/// whole rectangle, and gives the same channels.
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
    /// The rectangle of `width` x `height` pixels whose top left pixel is at column `x` and row `y`.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a side is not 1 to 65536, or a corner beyond that.
    pub fn new(x: u32, y: u32, width: u32, height: u32) -> Result<Self, OperatorError> {
        side(CROP, "width", width)?;
        side(CROP, "height", height)?;
        for (parameter, first) in [("x", x), ("y", y)] {
            if first >= plan::MAX_SIDE {
                return Err(OperatorError::Parameter {
                    operator: CROP,
                    parameter,
                    got: first.to_string(),
                    expected: format!("a pixel from 0 to {}", plan::MAX_SIDE - 1),
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

    /// The first column.
    pub const fn x(&self) -> u32 {
        self.x
    }

    /// The first row.
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

impl Operator for Crop {
    fn kind(&self) -> &'static str {
        CROP
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = plan::u8_input(CROP, inputs)?;
        plan::gray_or_colour(CROP, input)?;
        if self.x + self.width > input.width || self.y + self.height > input.height {
            return Err(OperatorError::Shape {
                operator: CROP,
                got: input,
                reason: format!(
                    "it does not hold the columns {}..{} and the rows {}..{}",
                    self.x,
                    self.x + self.width,
                    self.y,
                    self.y + self.height
                ),
            });
        }
        Ok(crop_plan(
            CROP,
            input,
            (self.x, self.y),
            (self.width, self.height),
        ))
    }
}

/// Cuts a rectangle out of the middle of 8-bit images. Kind: `center_crop`, parameters `width`, `height`.
///
/// Formula: NumPy's `image[y:y + height, x:x + width]` with `x = (image_width - width) // 2` and
/// `y = (image_height - height) // 2`: where the rest is odd, the rectangle is half a pixel to the top left. (torchvision's
/// `center_crop` rounds half pixels to even instead.) Takes interleaved u8 images of 1, 3 or 4 channels that are at least
/// as large, and gives the same channels.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct CenterCrop {
    width: u32,
    height: u32,
}

impl CenterCrop {
    /// The middle `width` x `height` pixels, each 1 to 65536.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when a side is 0 or longer.
    pub fn new(width: u32, height: u32) -> Result<Self, OperatorError> {
        side(CENTER_CROP, "width", width)?;
        side(CENTER_CROP, "height", height)?;
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
        CENTER_CROP
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = plan::u8_input(CENTER_CROP, inputs)?;
        plan::gray_or_colour(CENTER_CROP, input)?;
        let (width, height) = (self.width, self.height);
        if width > input.width || height > input.height {
            return Err(OperatorError::Shape {
                operator: CENTER_CROP,
                got: input,
                reason: format!("it is smaller than {width}x{height}; resize or pad it first"),
            });
        }
        let first = ((input.width - width) / 2, (input.height - height) / 2);
        Ok(crop_plan(CENTER_CROP, input, first, (width, height)))
    }
}

fn crop_plan(
    operator: &'static str,
    input: ImageShape,
    (x, y): (u32, u32),
    (width, height): (u32, u32),
) -> Arc<dyn Plan> {
    fusion::fast(Arc::new(GatherPlan {
        operator,
        input,
        output: ImageShape::u8(width, height, input.channels),
        gather: Gather {
            // Sides are at most 65536.
            left: -(x as i32),
            top: -(y as i32),
            ..Gather::new(input)
        },
    }))
}
