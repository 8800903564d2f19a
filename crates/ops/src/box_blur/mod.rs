//! The operator `box_blur`.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::image::ImageShape;
use crate::window::window_plan;
use std::sync::Arc;

const KIND: &str = "box_blur";

/// The mean of the `size` x `size` window around each sample. Kind: `box_blur`, parameter `size`.
///
/// Formula: OpenCV's `blur` (`boxFilter`, normalized) for 8-bit samples: `(sum + n * n / 2) / (n * n)` in integers, border
/// reflect-101, reflected as often as needed. The input is an interleaved u8 image of 1, 3 or 4 channels; the output has the same
/// shape.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct BoxBlur {
    size: u32,
}

impl BoxBlur {
    /// A blur with windows of `size` x `size` samples; `size` is odd, 3 to 31.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for other sizes.
    pub fn new(size: u32) -> Result<Self, OperatorError> {
        checks::odd_size(KIND, size)?;
        Ok(BoxBlur { size })
    }

    /// The width and height of the window in samples.
    pub const fn size(&self) -> u32 {
        self.size
    }
}

impl Operator for BoxBlur {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        window_plan(KIND, self.size, inputs)
    }
}
