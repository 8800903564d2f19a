//! Dilation.

pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::host::view::HostCode;
use crate::image::ImageShape;
use crate::window::host::{WindowHost, WindowKind};
use crate::window::window_plan;
use std::sync::Arc;

const KIND: &str = "dilate";

/// The largest of `size` x `size` samples around each. Kind: `dilate`, parameter `size`.
///
/// Formula: OpenCV's `dilate` with a rectangle of `size` x `size` for 8-bit samples; what is outside the image takes no
/// part. Takes interleaved u8 images of 1, 3 or 4 channels and gives the same shape; channels are dilated one by one.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Dilate {
    size: u32,
}

impl Dilate {
    /// A dilation over `size` x `size` samples: odd, 3 to 31.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for other sizes.
    pub fn new(size: u32) -> Result<Self, OperatorError> {
        checks::odd_size(KIND, size)?;
        Ok(Dilate { size })
    }

    /// Samples on each axis.
    pub const fn size(&self) -> u32 {
        self.size
    }
}

impl Operator for Dilate {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        window_plan(KIND, self.size, inputs, |level| {
            let kind = WindowKind::Dilate;
            Arc::new(HostCode(WindowHost { level, kind }))
        })
    }
}
