//! The operator `dilate`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan};
use crate::element::{self, Computation, Extreme};
pub use crate::element::{MorphologyBorder, MorphologyWindow, WindowShape};
use crate::image::ImageShape;
use std::sync::Arc;

const KIND: &str = "dilate";

/// The largest sample of a window around each sample. Kind: `dilate`, parameters `size`, `height`, `shape`, `anchor`,
/// `iterations`, `border` and `value`.
///
/// Formula: OpenCV's `dilate` with the structuring element of `getStructuringElement` for 8-bit samples. The window is placed with its
/// anchor on the sample, and as it is (not mirrored). By default positions outside the image do not count; where no position counts, the result is
/// 0. A repeated rectangle is one larger rectangle. The input is an interleaved u8 image of 1, 3 or 4 channels, each of which is
/// dilated separately; the output has the same shape.
///
/// ```
/// use pixelflume_ops::{Dilate, ImageShape, MorphologyWindow, Operator, WindowShape};
///
/// let shape = ImageShape::u8(640, 480, 3);
/// assert_eq!(Dilate::new(5)?.plan(&[shape])?.output(), shape);
/// let ellipse = MorphologyWindow {
///     iterations: 2,
///     ..MorphologyWindow::new(WindowShape::Ellipse, 7)
/// };
/// assert_eq!(Dilate::with_window(ellipse)?.window().iterations, 2);
/// assert!(Dilate::new(256).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Dilate {
    window: MorphologyWindow,
}

impl Dilate {
    /// A dilation with squares of `size` x `size` samples; `size` is 1 to 255.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for other sizes.
    pub fn new(size: u32) -> Result<Self, OperatorError> {
        Dilate::with_window(MorphologyWindow::new(WindowShape::Rectangle, size))
    }

    /// A dilation with this window.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for sides, anchors and iterations that [`MorphologyWindow`] excludes.
    pub fn with_window(window: MorphologyWindow) -> Result<Self, OperatorError> {
        let window = window.checked(KIND)?;
        Ok(Dilate { window })
    }

    /// The window.
    pub const fn window(&self) -> MorphologyWindow {
        self.window
    }
}

impl Operator for Dilate {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let computation = Computation::Single(Extreme::Most);
        element::plan(KIND, computation, self.window, inputs)
    }
}
