//! The operator `equalize`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::measured_table::{self, Measured};
use std::sync::Arc;

const KIND: &str = "equalize";

/// Equalizes the histogram of each channel. Kind: `equalize`, without parameters.
///
/// Formula: torchvision's `equalize` of u8 tensors. With N pixels, of which l have the largest value that occurs in the channel, and
/// `step = (N - l) / 255`, value p becomes `min((pixels of values below p + step / 2) / step, 255)`, and 0 becomes 0; divisions are those of
/// integers. Where `step` is 0 the channel stays as it is. The input is a gray or RGB u8 image with at most 2^31 - 1 pixels; the output
/// has the same shape.
///
/// ```
/// use pixelflume_ops::{Equalize, ImageShape, Operator};
///
/// let shape = ImageShape::u8(640, 480, 3);
/// assert_eq!(Equalize::new().plan(&[shape])?.output(), shape);
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Hash)]
pub struct Equalize;

impl Equalize {
    /// The operator.
    pub const fn new() -> Self {
        Equalize
    }
}

impl Operator for Equalize {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let shape = checks::gray_or_rgb(KIND, inputs)?;
        measured_table::plan(KIND, shape, Measured::Equalize)
    }
}
