//! The operator `dilate`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::window::host::WindowKind;
use crate::window::window_plan;
use std::sync::Arc;

const KIND: &str = "dilate";

/// The maximum of the `size` x `size` window around each sample. Kind: `dilate`, parameter `size`.
///
/// Formula: OpenCV's `dilate` with a rectangle of `size` x `size` for 8-bit samples; positions outside the image are ignored. The
/// input is an interleaved u8 image of 1, 3 or 4 channels, each of which is dilated separately; the output has the same shape.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Dilate {
    size: u32,
}

impl Dilate {
    /// A dilation with windows of `size` x `size` samples; `size` is odd, 3 to 31.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for other sizes.
    pub fn new(size: u32) -> Result<Self, OperatorError> {
        checks::odd_size(KIND, size)?;
        Ok(Dilate { size })
    }

    /// The width and height of the window in samples.
    pub const fn size(&self) -> u32 {
        self.size
    }
}

impl Operator for Dilate {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        window_plan(KIND, WindowKind::Dilate, self.size, inputs)
    }
}
