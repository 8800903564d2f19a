//! The operator `morphology`.

mod operation;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan};
use crate::element::{self, MorphologyWindow, WindowShape};
use crate::image::ImageShape;
pub use operation::MorphologyOperation;
use std::sync::Arc;

const KIND: &str = "morphology";

/// What erosions and dilations with a window make of an image together: opening, closing, gradient, top hat, black hat. Kind: `morphology`,
/// parameters `operation`, `size`, `height`, `shape`, `anchor`, `iterations`, `border` and `value`.
///
/// Formula: OpenCV's `morphologyEx` for 8-bit samples, with the structuring element of `getStructuringElement`. `open` is the dilation
/// of the erosion, `close` the erosion of the dilation, `gradient` the dilation less the erosion, `top_hat` the image less its opening, and
/// `black_hat` the closing less the image; differences are at least 0. Each erosion and each dilation is that of [`Erode`](crate::Erode) and
/// [`Dilate`](crate::Dilate), repeated `iterations` times. The input is an interleaved u8 image of 1, 3 or 4 channels, each of which is
/// computed separately; the output has the same shape.
///
/// ```
/// use pixelflume_ops::{ImageShape, Morphology, MorphologyOperation, MorphologyWindow, Operator, WindowShape};
///
/// let shape = ImageShape::u8(640, 480, 1);
/// let open = Morphology::new(MorphologyOperation::Open, 5)?;
/// assert_eq!(open.plan(&[shape])?.output(), shape);
/// let ellipse = MorphologyWindow::new(WindowShape::Ellipse, 9);
/// let hat = Morphology::with_window(MorphologyOperation::TopHat, ellipse)?;
/// assert_eq!(hat.operation().name(), "top_hat");
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Morphology {
    operation: MorphologyOperation,
    window: MorphologyWindow,
}

impl Morphology {
    /// The operation with squares of `size` x `size` samples; `size` is 1 to 255.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for other sizes.
    pub fn new(operation: MorphologyOperation, size: u32) -> Result<Self, OperatorError> {
        let window = MorphologyWindow::new(WindowShape::Rectangle, size);
        Morphology::with_window(operation, window)
    }

    /// The operation with this window.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for sides, anchors and iterations that [`MorphologyWindow`] excludes.
    pub fn with_window(
        operation: MorphologyOperation,
        window: MorphologyWindow,
    ) -> Result<Self, OperatorError> {
        let window = window.checked(KIND)?;
        Ok(Morphology { operation, window })
    }

    /// What is computed.
    pub const fn operation(&self) -> MorphologyOperation {
        self.operation
    }

    /// The window.
    pub const fn window(&self) -> MorphologyWindow {
        self.window
    }
}

impl Operator for Morphology {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        element::plan(KIND, self.operation.computation(), self.window, inputs)
    }
}
