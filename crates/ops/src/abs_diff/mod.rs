//! The operator `abs_diff`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::binary::pairwise::pairwise;

pairwise! {
    /// The absolute difference of two images, `|a - b|` of each sample. Kind: `abs_diff`.
    ///
    /// Formula: OpenCV's `absdiff` for 8-bit samples. The inputs are two u8 images of one shape, with any channels, interleaved or planar; the output has the
    /// same shape.
    ///
    /// ```
    /// use pixelflume_ops::{AbsDiff, ImageShape, Operator};
    ///
    /// let shape = ImageShape::u8(640, 480, 3);
    /// assert_eq!(AbsDiff::new().plan(&[shape, shape])?.output(), shape);
    /// assert!(AbsDiff::new().plan(&[shape, ImageShape::u8(320, 240, 3)]).is_err());
    /// # Ok::<(), pixelflume_ops::OperatorError>(())
    /// ```
    AbsDiff, "abs_diff", entry "abs_diff", |a, b| a.abs_diff(b)
}
