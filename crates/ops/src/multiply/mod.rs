//! The operator `multiply`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::binary::pairwise::pairwise;

pairwise! {
    /// The product of two images, `min(a * b, 255)` of each sample. Kind: `multiply`.
    ///
    /// Formula: OpenCV's `multiply` for 8-bit samples with the scale 1. The inputs are two u8 images of one shape, with any channels, interleaved or planar; the output has the
    /// same shape.
    ///
    /// ```
    /// use pixelflume_ops::{ImageShape, Multiply, Operator};
    ///
    /// let shape = ImageShape::u8(640, 480, 3);
    /// assert_eq!(Multiply::new().plan(&[shape, shape])?.output(), shape);
    /// assert!(Multiply::new().plan(&[shape, ImageShape::u8(320, 240, 3)]).is_err());
    /// # Ok::<(), pixelflume_ops::OperatorError>(())
    /// ```
    Multiply, "multiply", entry "multiply", |a, b| a.saturating_mul(b)
}
