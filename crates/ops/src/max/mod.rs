//! The operator `max`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::binary::pairwise::pairwise;

pairwise! {
    /// The larger of two images, `max(a, b)` of each sample. Kind: `max`.
    ///
    /// Formula: OpenCV's `max` for 8-bit samples. The inputs are two u8 images of one shape, with any channels, interleaved or planar; the output has the
    /// same shape.
    ///
    /// ```
    /// use pixelflume_ops::{ImageShape, Max, Operator};
    ///
    /// let shape = ImageShape::u8(640, 480, 3);
    /// assert_eq!(Max::new().plan(&[shape, shape])?.output(), shape);
    /// assert!(Max::new().plan(&[shape, ImageShape::u8(320, 240, 3)]).is_err());
    /// # Ok::<(), pixelflume_ops::OperatorError>(())
    /// ```
    Max, "max", entry "maximum", |a, b| std::cmp::max(a, b)
}
