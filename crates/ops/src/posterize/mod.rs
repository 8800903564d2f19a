//! The operator `posterize`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan};
use crate::image::ImageShape;
use crate::point_table::{self, table};
use std::sync::Arc;

const KIND: &str = "posterize";

/// Keeps the highest bits of the samples. Kind: `posterize`, parameter `bits`.
///
/// Formula: torchvision's `posterize` of u8 tensors: the lower `8 - bits` bits become 0. The input is a u8 image with any channels,
/// interleaved or planar; the output has the same shape.
///
/// ```
/// use pixelflume_ops::Posterize;
///
/// assert_eq!(Posterize::new(3)?.bits(), 3);
/// assert!(Posterize::new(9).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Posterize {
    bits: u32,
}

impl Posterize {
    /// Keeps this number of bits, 0 to 8.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for any other number.
    pub fn new(bits: u32) -> Result<Self, OperatorError> {
        if bits > 8 {
            return Err(OperatorError::Parameter {
                operator: KIND,
                parameter: "bits",
                got: bits.to_string(),
                expected: "a number of bits from 0 to 8".to_owned(),
            });
        }
        Ok(Posterize { bits })
    }

    /// The number of bits.
    pub const fn bits(&self) -> u32 {
        self.bits
    }
}

impl Operator for Posterize {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let mask = !(255_u32 >> self.bits) as u8;
        point_table::elementwise(KIND, inputs, table(|sample| sample & mask))
    }
}
