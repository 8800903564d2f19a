//! The operator `sum`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan};
use crate::image::ImageShape;
use crate::measure::{self, Measure};
use std::sync::Arc;

const KIND: &str = "sum";

/// Adds the samples of each channel up. Kind: `sum`, without parameters.
///
/// Formula: OpenCV's `sum`, which is `sumElems` in Python. The sum is an integer below 2^53, and exact.
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels with at most 2^31 - 1 pixels. The output is a matrix of f64 samples in one
/// channel: a row for each channel of the image, and one column.
///
/// ```
/// use pixelflume_ops::{ImageShape, Sum, Operator, SampleType};
///
/// let numbers = Sum::new().plan(&[ImageShape::u8(640, 480, 3)])?.output();
/// assert_eq!((numbers.width, numbers.height), (1, 3));
/// assert_eq!(numbers.sample, SampleType::F64);
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Hash)]
pub struct Sum {
    _private: (),
}

impl Sum {
    /// Makes the operator, which has no parameters.
    pub const fn new() -> Self {
        Sum { _private: () }
    }
}

impl Operator for Sum {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        measure::plan(KIND, inputs, Measure::Sum)
    }
}
