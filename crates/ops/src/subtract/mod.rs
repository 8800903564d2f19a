//! The operator `subtract`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::binary::pairwise::pairwise;

pairwise! {
    /// The difference of two images, `max(a - b, 0)` of each sample. Kind: `subtract`.
    ///
    /// Formula: OpenCV's `subtract` for 8-bit samples. The inputs are two u8 images of one shape, with any channels, interleaved or planar; the output has the
    /// same shape.
    ///
    /// ```
    /// use pixelflume_ops::{ImageShape, Operator, Subtract};
    ///
    /// let shape = ImageShape::u8(640, 480, 3);
    /// assert_eq!(Subtract::new().plan(&[shape, shape])?.output(), shape);
    /// assert!(Subtract::new().plan(&[shape, ImageShape::u8(320, 240, 3)]).is_err());
    /// # Ok::<(), pixelflume_ops::OperatorError>(())
    /// ```
    Subtract, "subtract", entry "subtract", |a, b| a.saturating_sub(b)
}
