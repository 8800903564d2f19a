//! The operator `autocontrast`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::measured_table::{self, Measured};
use std::sync::Arc;

const KIND: &str = "autocontrast";

/// Stretches the values of each channel to 0 to 255. Kind: `autocontrast`, without parameters.
///
/// Formula: torchvision's `autocontrast` of u8 tensors: `(p - least) / ((most - least) * f32(1/255))` in f32, clamped to 0 to 255 and
/// truncated, where `least` and `most` are those of the channel. A channel of one value stays as it is. The input is a gray or RGB u8
/// image with at most 2^31 - 1 pixels; the output has the same shape.
///
/// ```
/// use pixelflume_ops::{Autocontrast, ImageShape, Operator};
///
/// let shape = ImageShape::u8(640, 480, 3);
/// assert_eq!(Autocontrast::new().plan(&[shape])?.output(), shape);
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Hash)]
pub struct Autocontrast;

impl Autocontrast {
    /// The operator.
    pub const fn new() -> Self {
        Autocontrast
    }
}

impl Operator for Autocontrast {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let shape = checks::gray_or_rgb(KIND, inputs)?;
        measured_table::plan(KIND, shape, Measured::Autocontrast)
    }
}
