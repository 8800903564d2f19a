//! Colour conversion.

mod cuda;
pub(crate) mod host;
pub(crate) mod reference;

use crate::contract::checks::parse_name;
use crate::contract::{Action, Binding, Code, Operator, OperatorError, Plan, Stage, checks};
use crate::fusion::fast;
use crate::host::strips::BoundStrips;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageBatch, ImageParam, ImageShape};
use crate::kernels::args::ColorArgs;
use fearless_simd::Level;
use host::ColorHost;
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

const KIND: &str = "color";

/// What a [`Color`] operator makes of what.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[repr(u32)]
#[non_exhaustive]
pub enum ColorConversion {
    /// RGB to gray (BT.601 luma), 3 to 1 channels.
    RgbToGray = 0,
    /// BGR to gray, 3 to 1 channels, the same weights for the same colours.
    BgrToGray = 1,
    /// RGBA to gray, 4 to 1 channels; alpha takes no part.
    RgbaToGray = 2,
    /// RGB to BGR, 3 channels each.
    RgbToBgr = 3,
    /// BGR to RGB, 3 channels each.
    BgrToRgb = 4,
    /// RGBA to RGB, 4 to 3 channels; alpha is dropped, not blended.
    RgbaToRgb = 5,
    /// RGB to RGBA, 3 to 4 channels, with alpha 255.
    RgbToRgba = 6,
    /// Gray to RGB, 1 to 3 channels, the gray value in each.
    GrayToRgb = 7,
}

impl ColorConversion {
    /// Every conversion.
    pub const ALL: [ColorConversion; 8] = [
        ColorConversion::RgbToGray,
        ColorConversion::BgrToGray,
        ColorConversion::RgbaToGray,
        ColorConversion::RgbToBgr,
        ColorConversion::BgrToRgb,
        ColorConversion::RgbaToRgb,
        ColorConversion::RgbToRgba,
        ColorConversion::GrayToRgb,
    ];

    /// The name that pipeline files use, for example `rgb_to_gray`.
    pub const fn name(self) -> &'static str {
        match self {
            ColorConversion::RgbToGray => "rgb_to_gray",
            ColorConversion::BgrToGray => "bgr_to_gray",
            ColorConversion::RgbaToGray => "rgba_to_gray",
            ColorConversion::RgbToBgr => "rgb_to_bgr",
            ColorConversion::BgrToRgb => "bgr_to_rgb",
            ColorConversion::RgbaToRgb => "rgba_to_rgb",
            ColorConversion::RgbToRgba => "rgb_to_rgba",
            ColorConversion::GrayToRgb => "gray_to_rgb",
        }
    }

    /// Channels that it takes.
    pub const fn source_channels(self) -> u32 {
        match self {
            ColorConversion::RgbaToGray | ColorConversion::RgbaToRgb => 4,
            ColorConversion::GrayToRgb => 1,
            _ => 3,
        }
    }

    /// Channels that it makes.
    pub const fn target_channels(self) -> u32 {
        match self {
            ColorConversion::RgbToGray
            | ColorConversion::BgrToGray
            | ColorConversion::RgbaToGray => 1,
            ColorConversion::RgbToRgba => 4,
            _ => 3,
        }
    }
}

impl fmt::Display for ColorConversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ColorConversion {
    type Err = OperatorError;

    fn from_str(text: &str) -> Result<Self, OperatorError> {
        parse_name(KIND, "conversion", text, Self::ALL, Self::name)
    }
}

/// Converts 8-bit images between gray, RGB, BGR and RGBA. Kind: `color`.
///
/// - gray = (9798 R + 19235 G + 3735 B + 16384) >> 15, ITU-R BT.601 luma with 15 fractional bits; BGR and RGBA take the
///   same weights for the same colours;
/// - the other conversions copy samples; alpha is 255 where the source had none.
///
/// Equal to OpenCV's `cvtColor` for all 2^24 colours. Takes interleaved u8 images of
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
        Ok(fast(Arc::new(ColorPlan {
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

#[expect(unsafe_code, reason = "vouches for its launches")]
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
            action: Action::Color(self.conversion),
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
                Code::Kernel(device.kernel(&pixelflume_kernels::COLOR.kernels, "color")?)
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
