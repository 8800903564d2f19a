//! Sobel derivatives.

mod cuda;
pub(crate) mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::color::ColorConversion;
use crate::contract::checks::parse_name;
use crate::contract::{Action, Binding, Code, Operator, OperatorError, Plan, Stage, checks};
use crate::fusion::as_chain;
use crate::host::strips::BoundStrips;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageBatch, ImageParam, ImageShape, Layout, SampleType};
use fearless_simd::Level;
use host::{DerivativeHost, MagnitudeHost};
use pixelflume_device::{Device, DeviceError, DeviceKind, Launch};
use pixelflume_kernels::args::SobelArgs;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

const KIND: &str = "sobel";

/// What a [`Sobel`] operator gives.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
#[repr(u32)]
#[non_exhaustive]
pub enum SobelOutput {
    /// The gradient magnitude, u8.
    #[default]
    Magnitude = 0,
    /// The derivative along x, i16, -1020 to 1020.
    Dx = 1,
    /// The derivative along y, i16, -1020 to 1020.
    Dy = 2,
}

impl SobelOutput {
    /// Every output.
    pub const ALL: [SobelOutput; 3] = [SobelOutput::Magnitude, SobelOutput::Dx, SobelOutput::Dy];

    /// The name that pipeline files use, for example `magnitude`.
    pub const fn name(self) -> &'static str {
        match self {
            SobelOutput::Magnitude => "magnitude",
            SobelOutput::Dx => "dx",
            SobelOutput::Dy => "dy",
        }
    }

    /// Type of the samples.
    pub const fn sample(self) -> SampleType {
        match self {
            SobelOutput::Magnitude => SampleType::U8,
            SobelOutput::Dx | SobelOutput::Dy => SampleType::I16,
        }
    }
}

impl fmt::Display for SobelOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for SobelOutput {
    type Err = OperatorError;

    fn from_str(text: &str) -> Result<Self, OperatorError> {
        parse_name(KIND, "output", text, Self::ALL, Self::name)
    }
}

/// The 3x3 Sobel derivatives of 8-bit images, or their magnitude. Kind: `sobel`.
///
/// Formula: OpenCV's `Sobel` with a 3x3 kernel, [-1 0 1] x [1 2 1], exact in integers, border reflect-101. Magnitude =
/// min(255, round_half_even(sqrt(gx^2 + gy^2))).
///
/// Takes interleaved u8 images of 1, 3 (RGB) or 4 (RGBA) channels; color goes to gray first, as
/// [`Color`](crate::Color) does it. Gives one channel of [`SobelOutput::sample`].
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
pub struct Sobel {
    output: SobelOutput,
}

impl Sobel {
    /// The operator that gives this output.
    pub const fn new(output: SobelOutput) -> Self {
        Sobel { output }
    }

    /// The gradient magnitude, u8.
    pub const fn magnitude() -> Self {
        Sobel::new(SobelOutput::Magnitude)
    }

    /// The derivative along x, i16.
    pub const fn dx() -> Self {
        Sobel::new(SobelOutput::Dx)
    }

    /// The derivative along y, i16.
    pub const fn dy() -> Self {
        Sobel::new(SobelOutput::Dy)
    }

    /// What it gives.
    pub const fn output(&self) -> SobelOutput {
        self.output
    }
}

impl Operator for Sobel {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        checks::gray_or_color(KIND, input)?;
        Ok(as_chain(Arc::new(SobelPlan {
            output: self.output,
            input,
            shape: ImageShape {
                channels: 1,
                sample: self.output.sample(),
                layout: Layout::Interleaved,
                ..input
            },
        })))
    }
}

#[derive(Debug)]
struct SobelPlan {
    output: SobelOutput,
    input: ImageShape,
    shape: ImageShape,
}

impl SobelPlan {
    fn args(&self, src: ImageParam, dst: ImageParam) -> SobelArgs {
        SobelArgs {
            src,
            dst,
            output: self.output as u32,
            reserved: 0,
        }
    }
}

#[expect(unsafe_code, reason = "promises what its launches touch")]
// SAFETY: `bind` checks the memory; the executors read the rows of the input, and write those of the output.
unsafe impl Plan for SobelPlan {
    fn output(&self) -> ImageShape {
        self.shape
    }

    fn stage(&self) -> Option<Stage> {
        Some(Stage {
            operator: KIND,
            input: self.input,
            output: self.shape,
            action: match self.output {
                SobelOutput::Magnitude => Action::SobelMagnitude {
                    // RGB and RGBA have the same weights.
                    gray: (self.input.channels > 1).then(|| ColorConversion::RgbToGray.map()),
                },
                SobelOutput::Dx | SobelOutput::Dy => Action::Other,
            },
            host: BoundStrips::stage(
                host_code(self.output, Level::new()),
                (self.input, self.shape),
                ImageBatch::param,
                |src, dst| self.args(src, dst),
            ),
        })
    }

    fn code(self: Arc<Self>, device: &Device) -> Result<Vec<Code>, DeviceError> {
        Ok(vec![match device.kind() {
            DeviceKind::Cuda => {
                Code::Kernel(device.kernel(&pixelflume_kernels::SOBEL.kernels, "sobel")?)
            }
            DeviceKind::Host => Code::Host(host_code(self.output, Level::new())),
        }])
    }

    fn bind(&self, code: &[Code], binding: &Binding<'_>, launches: &mut Vec<Launch>) {
        let src = checks::single_input(KIND, binding, self.input, self.shape);
        let args = self.args(src, binding.output.param());
        launches.push(code[0].launch(&args, cuda::grid));
    }
}

fn host_code(output: SobelOutput, level: Level) -> Arc<dyn StripCode> {
    match output {
        SobelOutput::Magnitude => Arc::new(HostCode(MagnitudeHost { level })),
        SobelOutput::Dx => Arc::new(HostCode(DerivativeHost {
            level,
            along_x: true,
        })),
        SobelOutput::Dy => Arc::new(HostCode(DerivativeHost {
            level,
            along_x: false,
        })),
    }
}
