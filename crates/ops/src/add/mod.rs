//! The operator `add`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::binary::pairwise::pairwise;

pairwise! {
    /// The sum of two images, `min(a + b, 255)` of each sample. Kind: `add`.
    ///
    /// Formula: OpenCV's `add` for 8-bit samples. The inputs are two u8 images of one shape, with any channels, interleaved or planar; the output has the
    /// same shape.
    ///
    /// ```
    /// use pixelflume_ops::{Add, ImageShape, Operator};
    ///
    /// let shape = ImageShape::u8(640, 480, 3);
    /// assert_eq!(Add::new().plan(&[shape, shape])?.output(), shape);
    /// assert!(Add::new().plan(&[shape, ImageShape::u8(320, 240, 3)]).is_err());
    /// # Ok::<(), pixelflume_ops::OperatorError>(())
    /// ```
    Add, "add", entry "add", |a, b| a.saturating_add(b)
}
