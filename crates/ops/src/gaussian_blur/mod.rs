//! Gaussian blur.

mod cuda;
pub(crate) mod host;
pub(crate) mod reference;
pub(crate) mod spec;
mod taps;
#[cfg(feature = "testing")]
mod testing;
#[cfg(test)]
mod tests;

use crate::contract::{Action, Binding, Code, Operator, OperatorError, Plan, Stage, checks};
use crate::fusion::as_chain;
use crate::host::strips::BoundStrips;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageBatch, ImageParam, ImageShape};
use fearless_simd::Level;
use host::BlurHost;
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use pixelflume_kernels::args::GaussianBlurArgs;
use std::sync::Arc;

const KIND: &str = "gaussian_blur";
/// Most taps of an axis.
const MAX_SIZE: u32 = 31;

/// Blurs 8-bit images with a bell of `size` x `size` taps. Kind: `gaussian_blur`.
///
/// Formula: OpenCV's `GaussianBlur` for 8-bit samples. The taps are in 1/256 and sum to 256; both passes are exact, `H` =
/// sum of taps over the row, `V` = sum of taps over `H`, output = (V + 32768) >> 16. The border is reflect-101
/// (`gfedcb|abcdefgh|gfedcba`), reflected as often as needed in images smaller than the radius.
///
/// Takes interleaved u8 images of 1, 3 or 4 channels and gives the same shape; alpha is blurred like a color.
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
    /// A blur with `size` taps on each axis: odd, 3 to 31. The width of the bell follows from the size, as in OpenCV with
    /// `sigma = 0`: fixed taps up to 9, above sigma = 0.3 * ((size - 1) * 0.5 - 1) + 0.8.
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

    /// The same with a bell of standard deviation `sigma` in pixels.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] when `sigma` is not above 0 and finite.
    pub fn sigma(self, sigma: f64) -> Result<Self, OperatorError> {
        if !(sigma > 0.0 && sigma.is_finite()) {
            return Err(OperatorError::Parameter {
                operator: KIND,
                parameter: "sigma",
                got: sigma.to_string(),
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

    /// Taps on each axis.
    pub const fn size(&self) -> u32 {
        self.size
    }

    /// The standard deviation that was set, in pixels; `None` where it follows from the size.
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
        Ok(as_chain(Arc::new(BlurPlan {
            input,
            size: self.size,
            taps: taps::padded(self.size, self.sigma),
        })))
    }
}

#[derive(Debug)]
struct BlurPlan {
    input: ImageShape,
    size: u32,
    taps: [u16; 32],
}

fn host() -> Arc<dyn StripCode> {
    Arc::new(HostCode(BlurHost {
        level: Level::new(),
    }))
}

impl BlurPlan {
    fn args(&self, src: ImageParam, dst: ImageParam) -> GaussianBlurArgs {
        GaussianBlurArgs {
            src,
            dst,
            size: self.size,
            reserved: 0,
            taps: self.taps,
        }
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the executors read the rows of the input, and write those of the output.
unsafe impl Plan for BlurPlan {
    fn output(&self) -> ImageShape {
        self.input
    }

    fn stage(&self) -> Option<Stage> {
        Some(Stage {
            operator: KIND,
            input: self.input,
            output: self.input,
            action: Action::Blur {
                size: self.size,
                taps: self.taps,
            },
            host: BoundStrips::stage(
                host(),
                (self.input, self.input),
                ImageBatch::param,
                |src, dst| self.args(src, dst),
            ),
        })
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![match device.kind() {
            DeviceKind::Cuda => Code::Kernel(
                device.kernel(&pixelflume_kernels::GAUSSIAN_BLUR.kernels, "gaussian_blur")?,
            ),
            DeviceKind::Host => Code::Host(host()),
        }])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let src = checks::single_input(KIND, binding, self.input, self.input);
        let args = self.args(src, binding.output.param());
        launches.push(code[0].launch(&args, cuda::grid));
    }
}
