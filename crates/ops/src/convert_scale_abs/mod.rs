//! The operator `convert_scale_abs`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::point_table::{self, table};
use std::sync::Arc;

const KIND: &str = "convert_scale_abs";

/// The absolute value of a linear function of each sample. Kind: `convert_scale_abs`, parameters `alpha` and `beta`.
///
/// Formula: OpenCV's `convertScaleAbs`: `|p * alpha + beta|`, one fused multiply-add in f32 of the numbers rounded to f32, rounded to
/// the nearest integer, ties to even, at most 255. The input is a u8 image with any channels, interleaved or planar; the output has
/// the same shape.
///
/// ```
/// use pixelflume_ops::ConvertScaleAbs;
///
/// let contrast = ConvertScaleAbs::new(1.5, -20.0)?;
/// assert_eq!((contrast.alpha(), contrast.beta()), (1.5, -20.0));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct ConvertScaleAbs {
    alpha: f64,
    beta: f64,
}

impl ConvertScaleAbs {
    /// The function `alpha * p + beta`, of numbers of at most a million.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for larger numbers.
    pub fn new(alpha: f64, beta: f64) -> Result<Self, OperatorError> {
        Ok(ConvertScaleAbs {
            alpha: checks::coefficient(KIND, "alpha", alpha)?,
            beta: checks::coefficient(KIND, "beta", beta)?,
        })
    }

    /// The factor of the samples.
    pub const fn alpha(&self) -> f64 {
        self.alpha
    }

    /// The summand.
    pub const fn beta(&self) -> f64 {
        self.beta
    }
}

impl Operator for ConvertScaleAbs {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let (alpha, beta) = (self.alpha as f32, self.beta as f32);
        let value = |sample: u8| f32::from(sample).mul_add(alpha, beta).abs();
        let table = table(|sample| value(sample).round_ties_even() as u8);
        point_table::elementwise(KIND, inputs, table)
    }
}
