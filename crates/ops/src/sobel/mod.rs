//! The operator `sobel`.

mod cuda;
pub(crate) mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::color::{ColorConversion, ColorLike};
use crate::contract::checks::text_by_name;
use crate::contract::{Action, Operator, OperatorError, Plan, checks};
use crate::fusion::as_chain;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageShape, Layout, SampleType};
use crate::unary::UnaryPlan;
use fearless_simd::Level;
use host::{DerivativeHost, MagnitudeHost};
use pixelflume_kernels::args::SobelArgs;
use std::sync::Arc;

const KIND: &str = "sobel";

/// The derivative, or the magnitude, that a [`Sobel`] gives.
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
    /// All outputs, in the order in which error messages list them.
    pub const ALL: [SobelOutput; 3] = [SobelOutput::Magnitude, SobelOutput::Dx, SobelOutput::Dy];

    /// The name that pipeline files use, for example `magnitude`.
    pub const fn name(self) -> &'static str {
        match self {
            SobelOutput::Magnitude => "magnitude",
            SobelOutput::Dx => "dx",
            SobelOutput::Dy => "dy",
        }
    }

    /// The type of the output samples.
    pub const fn sample(self) -> SampleType {
        match self {
            SobelOutput::Magnitude => SampleType::U8,
            SobelOutput::Dx | SobelOutput::Dy => SampleType::I16,
        }
    }
}

text_by_name!(SobelOutput, KIND, "output");

/// A 3x3 Sobel derivative of 8-bit images, or the gradient magnitude. Kind: `sobel`, parameter `output`.
///
/// Formula: OpenCV's `Sobel` with a 3x3 kernel, [-1 0 1] x [1 2 1], exact in integers, border reflect-101. Magnitude =
/// min(255, round_half_even(sqrt(gx^2 + gy^2))).
///
/// The input is an interleaved u8 image of 1, 3 (RGB) or 4 (RGBA) channels, which is converted to gray first as by
/// [`Color`](crate::Color). The output has one channel with samples of type [`SobelOutput::sample`].
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
pub struct Sobel {
    output: SobelOutput,
}

impl Sobel {
    /// Makes the operator with this output.
    pub const fn new(output: SobelOutput) -> Self {
        Sobel { output }
    }

    /// Makes the operator for the gradient magnitude, u8.
    pub const fn magnitude() -> Self {
        Sobel::new(SobelOutput::Magnitude)
    }

    /// Makes the operator for the derivative along x, i16.
    pub const fn dx() -> Self {
        Sobel::new(SobelOutput::Dx)
    }

    /// Makes the operator for the derivative along y, i16.
    pub const fn dy() -> Self {
        Sobel::new(SobelOutput::Dy)
    }

    /// The output that was chosen.
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
        let output = self.output;
        Ok(as_chain(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::SOBEL.kernels,
            entry: KIND,
            grid: cuda::grid,
            host: host_code(output, Level::new()),
            input,
            output: ImageShape {
                channels: 1,
                sample: output.sample(),
                layout: Layout::Interleaved,
                ..input
            },
            elementwise: false,
            args: move |src, dst| SobelArgs {
                src,
                dst,
                output: output as u32,
                reserved: 0,
            },
            action: Some(match output {
                SobelOutput::Magnitude => Action::SobelMagnitude {
                    // RGB and RGBA have the same weights.
                    gray: match input.channels {
                        1 => None,
                        _ => ColorConversion::RgbToGray.map(ColorLike::Opencv),
                    },
                },
                SobelOutput::Dx | SobelOutput::Dy => Action::Other,
            }),
        })))
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
