//! The operator `color`.

mod conversion;
mod cuda;
pub(crate) mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

pub use conversion::ColorConversion;

use crate::contract::{Action, ChainStep, ImageContext, Operator, OperatorError, Plan, checks};
use crate::fusion::as_chain;
use crate::host::view::HostCode;
use crate::image::ImageShape;
use crate::unary::UnaryPlan;
use fearless_simd::Level;
use host::ColorHost;
use pixelflume_kernels::args::ColorArgs;
use std::sync::Arc;

const KIND: &str = "color";

/// Weights of red, green and blue in gray, in 2^-15: ITU-R BT.601 luma. They sum to 2^15.
pub(crate) const LUMA: [u16; 3] = [9798, 19235, 3735];

/// Converts 8-bit images between gray, RGB, BGR and RGBA. Kind: `color`.
///
/// - gray = (9798 R + 19235 G + 3735 B + 16384) >> 15, ITU-R BT.601 luma with 15 fractional bits, for RGB, BGR and RGBA;
/// - the other conversions copy samples; alpha is 255 where the source has none.
///
/// The results equal OpenCV's `cvtColor` for all 2^24 colors. The input is an interleaved u8 image with
/// [`ColorConversion::source_channels`] channels; the output has the same size and [`ColorConversion::target_channels`].
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Color {
    conversion: ColorConversion,
}

impl Color {
    /// Makes the operator with this conversion.
    pub const fn new(conversion: ColorConversion) -> Self {
        Color { conversion }
    }

    /// The conversion that was chosen.
    pub const fn conversion(&self) -> ColorConversion {
        self.conversion
    }
}

impl Color {
    /// The shape of the input.
    fn input(&self, inputs: &[ImageShape]) -> Result<ImageShape, OperatorError> {
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
        Ok(input)
    }
}

impl Operator for Color {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let (input, conversion) = (self.input(inputs)?, self.conversion);
        Ok(as_chain(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::oracle::COLOR.kernels,
            entry: KIND,
            grid: cuda::grid,
            host: Arc::new(HostCode(ColorHost {
                level: Level::new(),
                conversion,
            })),
            input,
            output: ImageShape::u8(input.width, input.height, conversion.target_channels()),
            elementwise: false,
            args: move |src, dst| ColorArgs {
                src,
                dst,
                conversion: conversion as u32,
                reserved: 0,
            },
            action: Some(Action::Color(conversion.map())),
        })))
    }
    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        self.input(&[image.shape])?;
        Ok(Some(ChainStep::Pixels))
    }
}
