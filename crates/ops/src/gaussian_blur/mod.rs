//! The operator `gaussian_blur`.

mod cuda;
pub(crate) mod host;
pub(crate) mod reference;
pub(crate) mod spec;
mod taps;
#[cfg(feature = "testing")]
mod testing;
#[cfg(test)]
mod tests;

use crate::contract::{Action, Operator, OperatorError, Plan, checks};
use crate::fusion::as_chain;
use crate::host::view::HostCode;
use crate::image::ImageShape;
use crate::unary::UnaryPlan;
use fearless_simd::Level;
use host::BlurHost;
use pixelflume_kernels::args::GaussianBlurArgs;
use std::sync::Arc;

const KIND: &str = "gaussian_blur";
/// The largest number of taps on an axis.
const MAX_SIZE: u32 = 31;

/// A Gaussian blur of 8-bit images with `size` x `size` taps. Kind: `gaussian_blur`, parameters `size`, `sigma`.
///
/// Formula: OpenCV's `GaussianBlur` for 8-bit samples. The taps are in 1/256 and sum to 256; both passes are exact, `H` =
/// sum of taps over the row, `V` = sum of taps over `H`, output = (V + 32768) >> 16. The border is reflect-101
/// (`gfedcb|abcdefgh|gfedcba`), reflected as often as needed in images smaller than the radius.
///
/// The input is an interleaved u8 image of 1, 3 or 4 channels; the output has the same shape. Alpha is blurred like the
/// other channels.
///
/// ```
/// use pixelflume_ops::GaussianBlur;
///
/// let blur = GaussianBlur::new(5)?.sigma(1.1)?;
/// assert_eq!((blur.size(), blur.sigma_pixels()), (5, Some(1.1)));
/// assert_eq!(GaussianBlur::new(3)?.taps(), [64, 128, 64]);
/// assert!(GaussianBlur::new(4).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct GaussianBlur {
    size: u32,
    sigma: Option<f64>,
}

impl GaussianBlur {
    /// A blur with `size` taps on each axis; `size` is odd, 3 to 31. Sigma is derived from the size, as in OpenCV with
    /// `sigma = 0`: fixed taps for sizes up to 9, and sigma = 0.3 * ((size - 1) * 0.5 - 1) + 0.8 above.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for other sizes.
    pub fn new(size: u32) -> Result<Self, OperatorError> {
        if size.is_multiple_of(2) || !(3..=MAX_SIZE).contains(&size) {
            return Err(OperatorError::Parameter {
                operator: KIND,
                parameter: "size",
                got: size.to_string(),
                expected: format!("an odd number of taps from 3 to {MAX_SIZE}"),
            });
        }
        Ok(GaussianBlur { size, sigma: None })
    }

    /// Sets sigma, the standard deviation in pixels.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when `sigma` is not finite and above 0.
    pub fn sigma(self, sigma: f64) -> Result<Self, OperatorError> {
        if !(sigma > 0.0 && sigma.is_finite()) {
            return Err(OperatorError::Parameter {
                operator: KIND,
                parameter: "sigma",
                got: checks::number(sigma),
                expected:
                    "a finite number of pixels above 0; leave it out to derive it from the size"
                        .to_owned(),
            });
        }
        Ok(GaussianBlur {
            sigma: Some(sigma),
            ..self
        })
    }

    /// The number of taps on each axis.
    pub const fn size(&self) -> u32 {
        self.size
    }

    /// The sigma that was set, in pixels; `None` where it is derived from the size.
    pub const fn sigma_pixels(&self) -> Option<f64> {
        self.sigma
    }

    /// The taps of an axis in 1/256, outermost first; they sum to 256.
    ///
    /// With sigma they are the normalized exp(-x^2 / (2 sigma^2)) in f64, rounded half to even from the outermost
    /// inwards, each rounding error carried into the next; the center tap is what is missing to 256.
    pub fn taps(&self) -> Vec<u16> {
        taps::padded(self.size, self.sigma)[..self.size as usize].to_vec()
    }
}

impl Operator for GaussianBlur {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
        let (size, taps) = (self.size, taps::padded(self.size, self.sigma));
        Ok(as_chain(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::GAUSSIAN_BLUR.kernels,
            entry: KIND,
            grid: cuda::grid,
            host: Arc::new(HostCode(BlurHost {
                level: Level::new(),
            })),
            input,
            output: input,
            elementwise: false,
            args: move |src, dst| GaussianBlurArgs {
                src,
                dst,
                size,
                reserved: 0,
                taps,
            },
            action: Some(Action::Blur { size, taps }),
        })))
    }
}
