//! The operator `sharpness`.

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
use host::SharpnessHost;
use pixelflume_kernels::args::SharpnessArgs;
use std::sync::Arc;

const KIND: &str = "sharpness";

/// Sharpens or blurs an image. Kind: `sharpness`, parameter `factor`.
///
/// Formula: torchvision's `adjust_sharpness` of u8 tensors. With `c` for a sample, and `b` for the mean of the 3x3 samples around it in which
/// the one in the middle counts five times, rounded to the nearest integer: `(b - c) * (1 - factor) + c`, one fused multiply-add in f32
/// with `1 - factor` rounded to f32, clamped to 0 to 255 and truncated. Pixels at the border, and images with a side below 3, stay as
/// they are. The input is a gray or RGB u8 image; the output has the same shape.
///
/// ```
/// use pixelflume_ops::Sharpness;
///
/// assert_eq!(Sharpness::new(2.0)?.factor(), 2.0);
/// assert!(Sharpness::new(-0.5).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Sharpness {
    factor: f64,
}

impl Sharpness {
    /// A factor of 0 to 1,000,000: 0 gives the blurred image, 1 the image itself, and larger ones sharpen it.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for any other number.
    pub fn new(factor: f64) -> Result<Self, OperatorError> {
        Ok(Sharpness {
            factor: checks::factor(KIND, "factor", factor)?,
        })
    }

    /// The factor.
    pub const fn factor(&self) -> f64 {
        self.factor
    }
}

impl Operator for Sharpness {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let shape = checks::gray_or_rgb(KIND, inputs)?;
        let rest = (1.0 - self.factor) as f32;
        Ok(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::SHARPNESS.kernels,
            entry: KIND,
            grid: cuda::grid,
            host: Arc::new(HostCode(SharpnessHost {
                level: Level::new(),
            })),
            input: shape,
            output: shape,
            elementwise: false,
            args: move |src, dst| SharpnessArgs {
                src,
                dst,
                rest,
                reserved: 0,
            },
            action: Some(Action::Other),
        }))
    }
}
