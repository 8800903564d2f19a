//! The operator `equalize_hist`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::measured_table::{self, Measured};
use std::sync::Arc;

const KIND: &str = "equalize_hist";

/// Equalizes the histogram of a gray image. Kind: `equalize_hist`, without parameters.
///
/// Formula: OpenCV's `equalizeHist`. With the least value i that occurs, and n pixels of other values, value p becomes
/// `f32(sum of the counts of i + 1 to p) * (255 / f32(n))` in f32, rounded to the nearest integer, ties to even; values up to i become 0.
/// An image of one value stays as it is. The input is a u8 image of one channel with at most 2^31 - 1 pixels; the output has the same
/// shape.
///
/// ```
/// use pixelflume_ops::{EqualizeHist, ImageShape, Operator};
///
/// let shape = ImageShape::u8(640, 480, 1);
/// assert_eq!(EqualizeHist::new().plan(&[shape])?.output(), shape);
/// assert!(EqualizeHist::new().plan(&[ImageShape::u8(640, 480, 3)]).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Hash)]
pub struct EqualizeHist;

impl EqualizeHist {
    /// The operator.
    pub const fn new() -> Self {
        EqualizeHist
    }
}

impl Operator for EqualizeHist {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let shape = checks::u8_input(KIND, inputs)?;
        checks::gray(KIND, shape)?;
        measured_table::plan(KIND, shape, Measured::EqualizeHist)
    }
}
