//! The operator `invert`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan};
use crate::image::ImageShape;
use crate::point_table::{self, table};
use std::sync::Arc;

const KIND: &str = "invert";

/// The negative of an image. Kind: `invert`, without parameters.
///
/// Formula: torchvision's `invert` of u8 tensors: `255 - p`. The input is a u8 image with any channels, interleaved or planar; the
/// output has the same shape.
///
/// ```
/// use pixelflume_ops::{ImageShape, Invert, Operator};
///
/// let shape = ImageShape::u8(640, 480, 3);
/// assert_eq!(Invert::new().plan(&[shape])?.output(), shape);
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Hash)]
pub struct Invert;

impl Invert {
    /// The operator.
    pub const fn new() -> Self {
        Invert
    }
}

impl Operator for Invert {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        point_table::elementwise(KIND, inputs, table(|sample| 255 - sample))
    }
}
