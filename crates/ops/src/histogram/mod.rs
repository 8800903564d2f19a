//! The operator `histogram`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan};
use crate::image::ImageShape;
use crate::measure::{self, Measure};
use std::sync::Arc;

const KIND: &str = "histogram";

/// Counts the values of the samples of each channel. Kind: `histogram`, without parameters.
///
/// Formula: OpenCV's `calcHist` of one channel with 256 bins from 0 to 256, once for each channel. Counts are integers, and become the
/// nearest f32: above 2^24 they are rounded.
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels with at most 2^31 - 1 pixels. The output is a matrix of f32 samples in one
/// channel: a row for each channel of the image, and a column for each value.
///
/// ```
/// use pixelflume_ops::{ImageShape, Histogram, Operator, SampleType};
///
/// let numbers = Histogram::new().plan(&[ImageShape::u8(640, 480, 3)])?.output();
/// assert_eq!((numbers.width, numbers.height), (256, 3));
/// assert_eq!(numbers.sample, SampleType::F32);
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Hash)]
pub struct Histogram {
    _private: (),
}

impl Histogram {
    /// Makes the operator, which has no parameters.
    pub const fn new() -> Self {
        Histogram { _private: () }
    }
}

impl Operator for Histogram {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        measure::plan(KIND, inputs, Measure::Counts)
    }
}
