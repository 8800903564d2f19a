//! The operator `median_blur`.

mod columns;
mod cuda;
pub(crate) mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Action, Operator, OperatorError, Plan, checks};
use crate::host::view::HostCode;
use crate::image::ImageShape;
use crate::unary::UnaryPlan;
use fearless_simd::Level;
use host::MedianHost;
use pixelflume_kernels::args::MedianBlurArgs;
use std::sync::Arc;

const KIND: &str = "median_blur";

/// The largest window.
const MAX_SIZE: u32 = 255;

/// The median of the `size` x `size` window around each sample. Kind: `median_blur`, parameter `size`.
///
/// Formula: OpenCV's `medianBlur` for 8-bit samples, border mode replicate. The input is an interleaved u8 image of 1, 3 or 4
/// channels, each of which is filtered separately; the output has the same shape.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct MedianBlur {
    size: u32,
}

impl MedianBlur {
    /// A median of windows of `size` x `size` samples; `size` is odd, 3 to 255.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for other sizes.
    pub fn new(size: u32) -> Result<Self, OperatorError> {
        checks::odd_size_to(KIND, size, MAX_SIZE)?;
        Ok(MedianBlur { size })
    }

    /// The width and height of the window in samples.
    pub const fn size(&self) -> u32 {
        self.size
    }
}

impl Operator for MedianBlur {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
        let size = self.size;
        Ok(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::MEDIAN_BLUR.kernels,
            entry: cuda::entry(size),
            grid: cuda::grid,
            host: Arc::new(HostCode(MedianHost {
                level: Level::new(),
            })),
            input,
            output: input,
            elementwise: false,
            args: move |src, dst| MedianBlurArgs {
                src,
                dst,
                size,
                rows: cuda::rows(size),
            },
            action: Some(Action::Other),
        }))
    }
}
