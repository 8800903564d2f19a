//! The operator `solarize`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::point_table::{self, table};
use std::sync::Arc;

const KIND: &str = "solarize";

/// Inverts the samples from a threshold on. Kind: `solarize`, parameter `threshold`.
///
/// Formula: torchvision's `solarize` of u8 tensors: `p >= threshold ? 255 - p : p`. The input is a u8 image with any channels,
/// interleaved or planar; the output has the same shape.
///
/// ```
/// use pixelflume_ops::Solarize;
///
/// assert_eq!(Solarize::new(128.0)?.threshold(), 128.0);
/// assert!(Solarize::new(256.0).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Solarize {
    threshold: f64,
}

impl Solarize {
    /// Inverts samples that are at least this number, 0 to 255.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for any other number.
    pub fn new(threshold: f64) -> Result<Self, OperatorError> {
        // A NaN is in no range.
        if !(0.0..=255.0).contains(&threshold) {
            return Err(OperatorError::Parameter {
                operator: KIND,
                parameter: "threshold",
                got: checks::number(threshold),
                expected: "a number from 0 to 255".to_owned(),
            });
        }
        Ok(Solarize { threshold })
    }

    /// The least number that is inverted.
    pub const fn threshold(&self) -> f64 {
        self.threshold
    }
}

impl Operator for Solarize {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        // torch compares in f32.
        let threshold = self.threshold as f32;
        let solarized = |sample: u8| match f32::from(sample) >= threshold {
            true => 255 - sample,
            false => sample,
        };
        point_table::elementwise(KIND, inputs, table(solarized))
    }
}
