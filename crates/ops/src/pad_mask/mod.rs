//! The operator `pad_mask`.

mod cuda;
mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Action, ImageContext, Operator, OperatorError, Plan, checks};
use crate::host::view::HostCode;
use crate::image::ImageShape;
use crate::pad_to::PadPosition;
use crate::pad_to::parameters::size_parameters;
use crate::pad_to::size::{PadSize, Place};
use crate::unary::UnaryPlan;
use host::PadMaskHost;
use pixelflume_kernels::args::PadMaskArgs;
use std::sync::Arc;

const KIND: &str = "pad_mask";

/// Makes the mask of an image that [`PadTo`](crate::PadTo) or [`PadToLargest`](crate::PadToLargest) pads: 1 where the image is, 0 in the
/// padding. Kind: `pad_mask`, parameters `width`, `height`, `square`, `multiple`, `position`, with the same meaning, and `largest`, with
/// which it is the mask of a `pad_to_largest`.
///
/// The mask has the values of transformers' `pixel_mask`, which has 64-bit integers. The input is the image before the padding,
/// of 1, 3 or 4 channels and of any sample type and layout; of it only the size matters. The output is a u8 image of one channel.
///
/// ```
/// use pixelflume_ops::{ImageShape, Operator, PadMask};
///
/// let mask = PadMask::new().size(640, 640)?;
/// assert_eq!(mask.plan(&[ImageShape::u8(640, 480, 3)])?.output(), ImageShape::u8(640, 640, 1));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Hash)]
pub struct PadMask {
    size: PadSize,
}

impl PadMask {
    /// The mask of a pad to the size of the image itself, which is 1 everywhere.
    pub fn new() -> Self {
        PadMask::default()
    }

    /// Sets whether a side that is not given is that of the largest image of the batch, as [`PadToLargest`](crate::PadToLargest) pads.
    #[must_use]
    pub const fn largest(mut self, largest: bool) -> Self {
        self.size.largest = largest;
        self
    }

    /// Whether a side that is not given is that of the largest image of the batch.
    pub const fn is_of_largest(&self) -> bool {
        self.size.largest
    }
}

size_parameters!(PadMask);

impl Operator for PadMask {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::copied_input(KIND, inputs)?;
        let Place {
            width,
            height,
            left,
            top,
        } = self.size.place(KIND, input)?;
        Ok(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::PAD_MASK.kernels,
            entry: KIND,
            grid: cuda::grid,
            host: Arc::new(HostCode(PadMaskHost)),
            input,
            output: ImageShape::u8(width, height, 1),
            elementwise: true,
            args: move |src, dst| PadMaskArgs {
                src,
                dst,
                left,
                top,
                inner_width: input.width,
                inner_height: input.height,
            },
            action: Some(Action::Other),
        }))
    }

    fn is_per_image(&self) -> bool {
        self.size.largest
    }

    fn for_image(
        &self,
        image: &ImageContext<'_>,
    ) -> Result<Option<Arc<dyn Operator>>, OperatorError> {
        if !self.size.largest {
            return Ok(None);
        }
        let size = self.size.of_image(image);
        Ok(Some(Arc::new(PadMask { size })))
    }
}
