//! The operator `bitwise_xor`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::binary::pairwise::pairwise;

pairwise! {
    /// The bits of two images, `a ^ b` of each sample. Kind: `bitwise_xor`.
    ///
    /// Formula: OpenCV's `bitwise_xor` for 8-bit samples. The inputs are two u8 images of one shape, with any channels, interleaved or planar; the output has the
    /// same shape.
    ///
    /// ```
    /// use pixelflume_ops::{BitwiseXor, ImageShape, Operator};
    ///
    /// let shape = ImageShape::u8(640, 480, 3);
    /// assert_eq!(BitwiseXor::new().plan(&[shape, shape])?.output(), shape);
    /// assert!(BitwiseXor::new().plan(&[shape, ImageShape::u8(320, 240, 3)]).is_err());
    /// # Ok::<(), pixelflume_ops::OperatorError>(())
    /// ```
    BitwiseXor, "bitwise_xor", entry "bitwise_xor", |a, b| a ^ b
}
