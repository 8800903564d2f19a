//! Color conversion.

mod conversion;
mod cuda;
pub(crate) mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

pub use conversion::ColorConversion;

use crate::contract::{Action, Binding, Code, Operator, OperatorError, Plan, Stage, checks};
use crate::fusion::as_chain;
use crate::host::strips::BoundStrips;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageBatch, ImageParam, ImageShape};
use fearless_simd::Level;
use host::ColorHost;
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use pixelflume_kernels::args::ColorArgs;
use std::sync::Arc;

const KIND: &str = "color";

/// Weights of red, green and blue in gray, in 2^-15: ITU-R BT.601 luma. They sum to 2^15.
pub(crate) const LUMA: [u16; 3] = [9798, 19235, 3735];

/// Converts 8-bit images between gray, RGB, BGR and RGBA. Kind: `color`.
///
/// - gray = (9798 R + 19235 G + 3735 B + 16384) >> 15, ITU-R BT.601 luma with 15 fractional bits; BGR and RGBA take the
///   same weights for the same colors;
/// - the other conversions copy samples; alpha is 255 where the source had none.
///
/// Equal to OpenCV's `cvtColor` for all 2^24 colors. Takes interleaved u8 images of
/// [`ColorConversion::source_channels`] channels and gives the same size with [`ColorConversion::target_channels`].
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Color {
    conversion: ColorConversion,
}

impl Color {
    /// The operator that does this conversion.
    pub const fn new(conversion: ColorConversion) -> Self {
        Color { conversion }
    }

    /// The conversion that it does.
    pub const fn conversion(&self) -> ColorConversion {
        self.conversion
    }
}

impl Operator for Color {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        let conversion = self.conversion;
        if input.channels != conversion.source_channels() {
            let (expected, hint) = match conversion.source_channels() {
                1 => ("1", "gray_to_rgb reads gray images"),
                4 => (
                    "4",
                    "this conversion reads RGBA; choose one that begins with rgb_ or bgr_ for 3 channels",
                ),
                _ => (
                    "3",
                    "this conversion reads RGB or BGR; convert with rgba_to_rgb or gray_to_rgb first, or choose one that \
                     begins with rgba_",
                ),
            };
            return Err(OperatorError::Channels {
                operator: KIND,
                expected,
                got: input,
                hint,
            });
        }
        Ok(as_chain(Arc::new(ColorPlan {
            conversion,
            input,
            output: ImageShape::u8(input.width, input.height, conversion.target_channels()),
        })))
    }
}

#[derive(Debug)]
struct ColorPlan {
    conversion: ColorConversion,
    input: ImageShape,
    output: ImageShape,
}

impl ColorPlan {
    fn host(&self) -> Arc<dyn StripCode> {
        Arc::new(HostCode(ColorHost {
            level: Level::new(),
            conversion: self.conversion,
        }))
    }

    fn args(&self, src: ImageParam, dst: ImageParam) -> ColorArgs {
        ColorArgs {
            src,
            dst,
            conversion: self.conversion as u32,
            reserved: 0,
        }
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the executors read the rows of the input, and write those of the output.
unsafe impl Plan for ColorPlan {
    fn output(&self) -> ImageShape {
        self.output
    }

    fn stage(&self) -> Option<Stage> {
        Some(Stage {
            operator: KIND,
            input: self.input,
            output: self.output,
            action: Action::Color(self.conversion.map()),
            host: BoundStrips::stage(
                self.host(),
                (self.input, self.output),
                ImageBatch::param,
                |src, dst| self.args(src, dst),
            ),
        })
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![match device.kind() {
            DeviceKind::Cuda => {
                Code::Kernel(device.kernel(&pixelflume_kernels::oracle::COLOR.kernels, "color")?)
            }
            DeviceKind::Host => Code::Host(self.host()),
        }])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let src = checks::single_input(KIND, binding, self.input, self.output);
        let args = self.args(src, binding.output.param());
        launches.push(code[0].launch(&args, cuda::grid));
    }
}
