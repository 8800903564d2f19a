//! The operator `mean_std`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan};
use crate::image::ImageShape;
use crate::measure::{self, Measure};
use std::sync::Arc;

const KIND: &str = "mean_std";

/// Computes the mean and the standard deviation of each channel. Kind: `mean_std`, without parameters.
///
/// Formula: OpenCV's `meanStdDev`. With the sum `s` of the samples of a channel and the sum `q` of their squares, both integers,
/// and `k = 1 / pixels`, the mean is `m = s k` and the deviation `sqrt(max(q k - m m, 0))`; each operation is one of f64, rounded to nearest.
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels with at most 2^31 - 1 pixels. The output is a matrix of f64 samples in one
/// channel: a row for each channel of the image, with mean and deviation in its two columns.
///
/// ```
/// use pixelflume_ops::{ImageShape, MeanStd, Operator, SampleType};
///
/// let numbers = MeanStd::new().plan(&[ImageShape::u8(640, 480, 3)])?.output();
/// assert_eq!((numbers.width, numbers.height), (2, 3));
/// assert_eq!(numbers.sample, SampleType::F64);
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Hash)]
pub struct MeanStd {
    _private: (),
}

impl MeanStd {
    /// Makes the operator, which has no parameters.
    pub const fn new() -> Self {
        MeanStd { _private: () }
    }
}

impl Operator for MeanStd {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        measure::plan(KIND, inputs, Measure::MeanStd)
    }
}
