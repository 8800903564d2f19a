//! The operator `alpha_composite`.

mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::binary::{BinaryPlan, grid};
use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::host::view::HostPair;
use crate::image::{ImageParam, ImageShape, Layout};
use host::AlphaCompositeHost;
use pixelflume_kernels::args::BinaryArgs;
use std::sync::Arc;

const KIND: &str = "alpha_composite";

/// Lays the second of two RGBA images over the first. Kind: `alpha_composite`.
///
/// Formula: Pillow's `Image.alpha_composite`, in integers. With `a` the alpha of the second image, `b` that of the first, and
/// `n = 255 a + b (255 - a)`, the alpha of the result is `n / 255`, rounded to the nearest integer, and a color is the mean of both with
/// the weights `k = 255 * 255 * 128 a / n`, rounded down, for the second image, and `255 * 128 - k` for the first. Where `a` is 0 the
/// pixel is that of the first image.
///
/// The inputs are two interleaved u8 images of one size with four channels, of which the last is alpha and not multiplied into the
/// others; the output has the same shape.
///
/// ```
/// use pixelflume_ops::{AlphaComposite, ImageShape, Operator};
///
/// let shape = ImageShape::u8(640, 480, 4);
/// assert_eq!(AlphaComposite::new().plan(&[shape, shape])?.output(), shape);
/// let rgb = ImageShape::u8(640, 480, 3);
/// assert!(AlphaComposite::new().plan(&[rgb, rgb]).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
pub struct AlphaComposite {
    _private: (),
}

impl AlphaComposite {
    /// Makes the operator, which has no parameters.
    pub const fn new() -> Self {
        AlphaComposite { _private: () }
    }
}

impl Operator for AlphaComposite {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn input_count(&self) -> usize {
        2
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let shape = checks::u8_elementwise::<2>(KIND, inputs)?;
        if shape.layout == Layout::Planar {
            return Err(checks::planar(KIND, shape));
        }
        if shape.channels != 4 {
            return Err(OperatorError::Channels {
                operator: KIND,
                expected: "4",
                got: shape,
                hint: "give RGBA images",
            });
        }
        Ok(Arc::new(BinaryPlan {
            operator: KIND,
            entry: KIND,
            shape,
            grid,
            host: Arc::new(HostPair(AlphaCompositeHost)),
            args: |[a, b]: [ImageParam; 2], dst| BinaryArgs {
                a,
                b,
                dst,
                weight: 0,
                reserved: 0,
            },
        }))
    }
}
