//! The operator `bitwise_or`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::binary::pairwise::pairwise;

pairwise! {
    /// The bits of two images, `a | b` of each sample. Kind: `bitwise_or`.
    ///
    /// Formula: OpenCV's `bitwise_or` for 8-bit samples. The inputs are two u8 images of one shape, with any channels, interleaved or planar; the output has the
    /// same shape.
    ///
    /// ```
    /// use pixelflume_ops::{BitwiseOr, ImageShape, Operator};
    ///
    /// let shape = ImageShape::u8(640, 480, 3);
    /// assert_eq!(BitwiseOr::new().plan(&[shape, shape])?.output(), shape);
    /// assert!(BitwiseOr::new().plan(&[shape, ImageShape::u8(320, 240, 3)]).is_err());
    /// # Ok::<(), pixelflume_ops::OperatorError>(())
    /// ```
    BitwiseOr, "bitwise_or", entry "bitwise_or", |a, b| a | b
}
