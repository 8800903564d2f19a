//! The operator `brightness`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::point_table::{self, table};
use std::sync::Arc;

const KIND: &str = "brightness";

/// Multiplies the samples by a factor. Kind: `brightness`, parameter `factor`.
///
/// Formula: torchvision's `adjust_brightness` of u8 tensors: `p * factor` in f32, with the factor rounded to f32, clamped to 0 to 255
/// and truncated. The input is a gray or RGB u8 image; the output has the same shape.
///
/// ```
/// use pixelflume_ops::Brightness;
///
/// assert_eq!(Brightness::new(1.2)?.factor(), 1.2);
/// assert!(Brightness::new(-0.5).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Brightness {
    factor: f64,
}

impl Brightness {
    /// Multiplies by this factor, 0 to 1,000,000: 0 gives black, 1 the image itself.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for any other number.
    pub fn new(factor: f64) -> Result<Self, OperatorError> {
        Ok(Brightness {
            factor: checks::factor(KIND, "factor", factor)?,
        })
    }

    /// The factor.
    pub const fn factor(&self) -> f64 {
        self.factor
    }
}

/// `sample * factor`, clamped and truncated.
fn scaled(sample: u8, factor: f32) -> u8 {
    // `as` clamps and truncates.
    (f32::from(sample) * factor) as u8
}

impl Operator for Brightness {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let factor = self.factor as f32;
        point_table::gray_or_rgb(KIND, inputs, table(|sample| scaled(sample, factor)))
    }
}
