//! The operator `sobel`.

mod cuda;
pub(crate) mod host;
pub(crate) mod reference;
mod root;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;
mod wide;

use crate::color::{ColorConversion, ColorLike};
use crate::contract::checks::text_by_name;
use crate::contract::{Action, Operator, OperatorError, Plan, checks};
use crate::fusion::as_chain;
use crate::host::view::{HostCode, StripCode};
use crate::image::{ImageShape, Layout, SampleType};
use crate::unary::UnaryPlan;
use fearless_simd::Level;
use host::{DerivativeHost, MagnitudeHost};
use pixelflume_device::Grid;
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
    /// The derivative along x, i16: -1020 to 1020 with a window of 3 pixels, -12240 to 12240 with 5, clamped to i16 with 7.
    Dx = 1,
    /// The derivative along y, as that along x.
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

/// A Sobel derivative of 8-bit images, or the gradient magnitude. Kind: `sobel`, parameters `output` and `size`.
///
/// Formula: OpenCV's `Sobel` with `ksize` 3, 5 or 7, exact in integers, clamped to i16, border reflect-101: [-1 0 1] x [1 2 1],
/// [-1 -2 0 2 1] x [1 4 6 4 1], or [-1 -4 -5 0 5 4 1] x [1 6 15 20 15 6 1]. Magnitude =
/// min(255, round_half_even(sqrt(gx^2 + gy^2))).
///
/// The input is an interleaved u8 image of 1, 3 (RGB) or 4 (RGBA) channels, which is converted to gray first as by
/// [`Color`](crate::Color). The output has one channel with samples of type [`SobelOutput::sample`].
///
/// ```
/// use pixelflume_ops::Sobel;
///
/// assert_eq!(Sobel::dx().size(), 3);
/// assert_eq!(Sobel::dx().with_size(7)?.size(), 7);
/// assert!(Sobel::dx().with_size(4).is_err());
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Sobel {
    output: SobelOutput,
    size: u32,
}

impl Default for Sobel {
    /// The magnitude with a window of 3 pixels.
    fn default() -> Self {
        Sobel::magnitude()
    }
}

impl Sobel {
    /// Makes the operator with this output and a window of 3x3 pixels.
    pub const fn new(output: SobelOutput) -> Self {
        Sobel { output, size: 3 }
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

    /// Sets the width and height of the window in pixels: 3, 5 or 7.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for any other size.
    pub fn with_size(self, size: u32) -> Result<Self, OperatorError> {
        match size {
            3 | 5 | 7 => Ok(Sobel { size, ..self }),
            _ => Err(OperatorError::Parameter {
                operator: KIND,
                parameter: "size",
                got: size.to_string(),
                expected: "3, 5 or 7 pixels".to_owned(),
            }),
        }
    }

    /// The width and height of the window in pixels.
    pub const fn size(&self) -> u32 {
        self.size
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
        let Sobel { output, size } = *self;
        let (entry, grid, host): (_, fn(&SobelArgs) -> Grid, _) = match size {
            3 => (KIND, cuda::grid, host_code::<3>(output)),
            5 => ("sobel_wide", cuda::wide_grid, host_code::<5>(output)),
            _ => ("sobel_wide", cuda::wide_grid, host_code::<7>(output)),
        };
        Ok(as_chain(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::SOBEL.kernels,
            entry,
            grid,
            host,
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
                size,
            },
            action: Some(match (output, size) {
                (SobelOutput::Magnitude, 3) => Action::SobelMagnitude {
                    // RGB and RGBA have the same weights.
                    gray: match input.channels {
                        1 => None,
                        _ => ColorConversion::RgbToGray.map(ColorLike::Opencv),
                    },
                },
                _ => Action::Other,
            }),
        })))
    }
}

fn host_code<const SIZE: usize>(output: SobelOutput) -> Arc<dyn StripCode> {
    let level = Level::new();
    let derivative = |along_x| HostCode(DerivativeHost::<SIZE> { level, along_x });
    match output {
        SobelOutput::Magnitude => Arc::new(HostCode(MagnitudeHost::<SIZE> { level })),
        SobelOutput::Dx => Arc::new(derivative(true)),
        SobelOutput::Dy => Arc::new(derivative(false)),
    }
}
