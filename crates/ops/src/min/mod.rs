//! The operator `min`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::binary::pairwise::pairwise;

pairwise! {
    /// The smaller of two images, `min(a, b)` of each sample. Kind: `min`.
    ///
    /// Formula: OpenCV's `min` for 8-bit samples. The inputs are two u8 images of one shape, with any channels, interleaved or planar; the output has the
    /// same shape.
    ///
    /// ```
    /// use pixelflume_ops::{ImageShape, Min, Operator};
    ///
    /// let shape = ImageShape::u8(640, 480, 3);
    /// assert_eq!(Min::new().plan(&[shape, shape])?.output(), shape);
    /// assert!(Min::new().plan(&[shape, ImageShape::u8(320, 240, 3)]).is_err());
    /// # Ok::<(), pixelflume_ops::OperatorError>(())
    /// ```
    Min, "min", entry "minimum", |a, b| std::cmp::min(a, b)
}
