//! What is added up over all samples of each channel of an image: histograms and moments. Operators whose result depends on a whole
//! image are made of them.
//!
//! On CUDA the kernel `histogram` counts parts of each image, which each block writes to memory of its own, so that nothing depends on an
//! order; what else is needed follows from the counts. On the host all workers add up parts of images.

pub(crate) mod cuda;
pub(crate) mod host;
mod moments;

use crate::contract::OperatorError;
use crate::image::ImageShape;
pub(crate) use moments::Moments;

/// The count of each value of a sample.
pub(crate) type Histogram = [u32; 256];

/// The most channels of an image whose samples are added up.
pub(crate) const MOST_CHANNELS: usize = 4;

/// The largest number of pixels of an image whose values are counted: that of the 32-bit integers that libraries count with.
const MAX_PIXELS: u64 = i32::MAX as u64;

/// Refuses images with more pixels than can be counted.
///
/// # Errors
/// [`OperatorError::Shape`] for them.
pub(crate) fn countable(operator: &'static str, got: ImageShape) -> Result<(), OperatorError> {
    let pixels = u64::from(got.width) * u64::from(got.height);
    match pixels <= MAX_PIXELS {
        true => Ok(()),
        false => Err(OperatorError::Shape {
            operator,
            got,
            reason: format!(
                "it has {pixels} pixels, and at most {MAX_PIXELS} are counted; cut it into tiles"
            ),
        }),
    }
}
