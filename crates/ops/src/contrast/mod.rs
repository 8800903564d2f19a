//! The operator `contrast`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::pixel_steps::{self, PixelStep};
use std::sync::Arc;

const KIND: &str = "contrast";

/// Moves the samples away from, or towards, the mean of the gray image. Kind: `contrast`, parameter `factor`.
///
/// Formula: torchvision's `adjust_contrast` of u8 tensors: `p * factor + mean * (1 - factor)`, clamped to 0 to 255 and truncated, in f32
/// with a rounding of the first product and of the fused multiply-add, and of `1 - factor`. The mean is that of the gray of
/// `rgb_to_grayscale`: the sum of integers, rounded to f32, divided by the number of pixels. torch adds them up in f32, which is exact up to
/// 65,793 pixels; of larger images all that were compared, up to 3840x2160, were equal. The input is a gray or RGB u8 image with at most
/// 2^31 - 1 pixels; the output has the same shape.
///
/// ```
/// use pixelflume_ops::Contrast;
///
/// assert_eq!(Contrast::new(1.2)?.factor(), 1.2);
/// assert!(Contrast::new(-0.5).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Contrast {
    factor: f64,
}

impl Contrast {
    /// A factor of 0 to 1,000,000: 0 gives the gray of the mean, 1 the image itself.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for any other number.
    pub fn new(factor: f64) -> Result<Self, OperatorError> {
        Ok(Contrast {
            factor: checks::factor(KIND, "factor", factor)?,
        })
    }

    /// The factor.
    pub const fn factor(&self) -> f64 {
        self.factor
    }
}

impl Operator for Contrast {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        pixel_steps::plan(KIND, inputs, &[PixelStep::Contrast(self.factor)])
    }
}
