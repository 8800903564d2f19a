//! The operator `gamma`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::point_table::{self, table};
use std::sync::Arc;

const KIND: &str = "gamma";

/// Raises the samples to a power. Kind: `gamma`, parameter `gamma`.
///
/// Formula: `255 * (p / 255)^gamma` in f64, rounded to the nearest integer, ties to even: the table that programs with OpenCV
/// make with NumPy and give to `LUT`. The input is a u8 image with any channels, interleaved or planar; the output has the same
/// shape.
///
/// ```
/// use pixelflume_ops::Gamma;
///
/// assert_eq!(Gamma::new(0.5)?.gamma(), 0.5);
/// assert!(Gamma::new(0.0).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Gamma {
    gamma: f64,
}

impl Gamma {
    /// Raises to this power, above 0 up to 100: below 1 the image becomes lighter, above 1 darker.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for any other number.
    pub fn new(gamma: f64) -> Result<Self, OperatorError> {
        // A NaN fails this, too.
        if !(gamma > 0.0 && gamma <= 100.0) {
            return Err(OperatorError::Parameter {
                operator: KIND,
                parameter: "gamma",
                got: checks::number(gamma),
                expected: "a number above 0, at most 100".to_owned(),
            });
        }
        Ok(Gamma { gamma })
    }

    /// The exponent.
    pub const fn gamma(&self) -> f64 {
        self.gamma
    }
}

impl Operator for Gamma {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let raised = |sample: u8| {
            let power = (f64::from(sample) / 255.0).powf(self.gamma);
            (255.0 * power).round_ties_even() as u8
        };
        point_table::elementwise(KIND, inputs, table(raised))
    }
}
