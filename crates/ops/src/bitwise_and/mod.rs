//! The operator `bitwise_and`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::binary::pairwise::pairwise;

pairwise! {
    /// The bits of two images, `a & b` of each sample. Kind: `bitwise_and`.
    ///
    /// Formula: OpenCV's `bitwise_and` for 8-bit samples. The inputs are two u8 images of one shape, with any channels, interleaved or planar; the output has the
    /// same shape.
    ///
    /// ```
    /// use pixelflume_ops::{BitwiseAnd, ImageShape, Operator};
    ///
    /// let shape = ImageShape::u8(640, 480, 3);
    /// assert_eq!(BitwiseAnd::new().plan(&[shape, shape])?.output(), shape);
    /// assert!(BitwiseAnd::new().plan(&[shape, ImageShape::u8(320, 240, 3)]).is_err());
    /// # Ok::<(), pixelflume_ops::OperatorError>(())
    /// ```
    BitwiseAnd, "bitwise_and", entry "bitwise_and", |a, b| a & b
}
