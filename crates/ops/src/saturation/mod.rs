//! The operator `saturation`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::pixel_steps::{self, PixelStep};
use std::sync::Arc;

const KIND: &str = "saturation";

/// Moves the colors away from, or towards, their gray. Kind: `saturation`, parameter `factor`.
///
/// Formula: torchvision's `adjust_saturation` of u8 tensors: `p * factor + gray * (1 - factor)`, clamped to 0 to 255 and truncated, in f32
/// with a rounding of the first product and of the fused multiply-add, and of `1 - factor`. The gray is that of `rgb_to_grayscale`:
/// `B * 0.114 + (G * 0.587 + R * 0.2989)` in f32 with a rounding behind each product and multiply-add, truncated. The input is a gray image,
/// which stays as it is, or an RGB u8 image; the output has the same shape.
///
/// ```
/// use pixelflume_ops::Saturation;
///
/// assert_eq!(Saturation::new(1.2)?.factor(), 1.2);
/// assert!(Saturation::new(-0.5).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Saturation {
    factor: f64,
}

impl Saturation {
    /// A factor of 0 to 1,000,000: 0 gives the gray image, 1 the image itself.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for any other number.
    pub fn new(factor: f64) -> Result<Self, OperatorError> {
        Ok(Saturation {
            factor: checks::factor(KIND, "factor", factor)?,
        })
    }

    /// The factor.
    pub const fn factor(&self) -> f64 {
        self.factor
    }
}

impl Operator for Saturation {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        pixel_steps::plan(KIND, inputs, &[PixelStep::Saturation(self.factor)])
    }
}
