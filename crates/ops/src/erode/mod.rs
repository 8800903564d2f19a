//! The operator `erode`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::window::host::WindowKind;
use crate::window::window_plan;
use std::sync::Arc;

const KIND: &str = "erode";

/// The minimum of the `size` x `size` window around each sample. Kind: `erode`, parameter `size`.
///
/// Formula: OpenCV's `erode` with a rectangle of `size` x `size` for 8-bit samples; positions outside the image are ignored. The
/// input is an interleaved u8 image of 1, 3 or 4 channels, each of which is eroded separately; the output has the same shape.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Erode {
    size: u32,
}

impl Erode {
    /// An erosion with windows of `size` x `size` samples; `size` is odd, 3 to 31.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for other sizes.
    pub fn new(size: u32) -> Result<Self, OperatorError> {
        checks::odd_size(KIND, size)?;
        Ok(Erode { size })
    }

    /// The width and height of the window in samples.
    pub const fn size(&self) -> u32 {
        self.size
    }
}

impl Operator for Erode {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        window_plan(KIND, WindowKind::Erode, self.size, inputs)
    }
}
