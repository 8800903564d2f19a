//! The operator `minmax`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan};
use crate::image::ImageShape;
use crate::measure::{self, Measure};
use std::sync::Arc;

const KIND: &str = "minmax";

/// Finds the least and the largest sample of each channel. Kind: `minmax`, without parameters.
///
/// Formula: the numbers of OpenCV's `minMaxLoc` of one channel, once for each channel, without the places.
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels with at most 2^31 - 1 pixels. The output is a matrix of f64 samples in one
/// channel: a row for each channel of the image, with the least and the largest sample in its two columns.
///
/// ```
/// use pixelflume_ops::{ImageShape, MinMax, Operator, SampleType};
///
/// let numbers = MinMax::new().plan(&[ImageShape::u8(640, 480, 3)])?.output();
/// assert_eq!((numbers.width, numbers.height), (2, 3));
/// assert_eq!(numbers.sample, SampleType::F64);
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Hash)]
pub struct MinMax {
    _private: (),
}

impl MinMax {
    /// Makes the operator, which has no parameters.
    pub const fn new() -> Self {
        MinMax { _private: () }
    }
}

impl Operator for MinMax {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        measure::plan(KIND, inputs, Measure::Extremes)
    }
}
