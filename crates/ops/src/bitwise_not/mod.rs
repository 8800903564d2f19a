//! The operator `bitwise_not`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan};
use crate::image::ImageShape;
use crate::point_table::{self, table};
use std::sync::Arc;

const KIND: &str = "bitwise_not";

/// Turns every bit of every sample. Kind: `bitwise_not`.
///
/// Formula: OpenCV's `bitwise_not` for 8-bit samples, which is `255 - p` as well. The input is a u8 image with any channels, interleaved
/// or planar; the output has the same shape.
///
/// ```
/// use pixelflume_ops::{BitwiseNot, ImageShape, Operator};
///
/// let shape = ImageShape::u8(640, 480, 3);
/// assert_eq!(BitwiseNot::new().plan(&[shape])?.output(), shape);
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
pub struct BitwiseNot {
    _private: (),
}

impl BitwiseNot {
    /// Makes the operator, which has no parameters.
    pub const fn new() -> Self {
        BitwiseNot { _private: () }
    }
}

impl Operator for BitwiseNot {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        point_table::elementwise(KIND, inputs, table(|sample| !sample))
    }
}
