//! The operator `color`.

mod conversion;
mod cuda;
pub(crate) mod host;
mod like;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

pub use conversion::ColorConversion;
pub(crate) use conversion::Format;
pub use like::ColorLike;

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

/// Converts 8-bit images between gray, RGB, BGR, RGBA and BGRA. Kind: `color`, parameters `conversion` and `like`.
///
/// - Gray is that of the library that `like` names: see [`ColorLike`]. By default it is OpenCV's,
///   (9798 R + 19235 G + 3735 B + 16384) >> 15, ITU-R BT.601 luma with 15 fractional bits. Alpha is ignored.
/// - The other conversions copy samples; alpha is 255 where the source has none.
///
/// The results equal those of the library for all 2^24 colors. The input is an interleaved u8 image with
/// [`ColorConversion::source_channels`] channels; the output has the same size and [`ColorConversion::target_channels`].
///
/// ```
/// use pixelflume_ops::{Color, ColorConversion, ColorLike, ImageShape, Operator};
///
/// let gray = Color::new(ColorConversion::RgbToGray).with_like(ColorLike::Pillow);
/// let plan = gray.plan(&[ImageShape::u8(640, 480, 3)])?;
/// assert_eq!(plan.output(), ImageShape::u8(640, 480, 1));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct Color {
    conversion: ColorConversion,
    like: ColorLike,
}

impl Color {
    /// Makes the operator with this conversion, and OpenCV's gray.
    pub const fn new(conversion: ColorConversion) -> Self {
        let like = ColorLike::Opencv;
        Color { conversion, like }
    }

    /// Sets the library whose gray is made; OpenCV by default. Conversions that make no gray do not depend on it.
    #[must_use]
    pub const fn with_like(self, like: ColorLike) -> Self {
        Color { like, ..self }
    }

    /// The conversion that was chosen.
    pub const fn conversion(&self) -> ColorConversion {
        self.conversion
    }

    /// The library whose gray is made.
    pub const fn like(&self) -> ColorLike {
        self.like
    }
}

impl Color {
    /// The shape of the input.
    fn input(&self, inputs: &[ImageShape]) -> Result<ImageShape, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        let conversion = self.conversion;
        if input.channels != conversion.source_channels() {
            let (expected, hint) = match conversion.source_channels() {
                1 => ("1", "this conversion reads gray images"),
                4 => (
                    "4",
                    "this conversion reads RGBA or BGRA; choose one that begins with rgb_ or bgr_ for 3 channels",
                ),
                _ => (
                    "3",
                    "this conversion reads RGB or BGR; convert with rgba_to_rgb or gray_to_rgb first, or choose one that \
                     begins with rgba_ or bgra_",
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
        let (input, conversion, like) = (self.input(inputs)?, self.conversion, self.like);
        let map = conversion.map(like);
        let (module, entry) = match map {
            Some(_) => (&pixelflume_kernels::oracle::COLOR.kernels, KIND),
            None => (&pixelflume_kernels::COLOR_SPACE.kernels, "gray_torchvision"),
        };
        let plan = Arc::new(UnaryPlan {
            operator: KIND,
            module,
            entry,
            grid: cuda::grid,
            host: Arc::new(HostCode(ColorHost {
                level: Level::new(),
                conversion,
                like,
            })),
            input,
            output: ImageShape::u8(input.width, input.height, conversion.target_channels()),
            elementwise: false,
            args: move |src, dst| ColorArgs {
                src,
                dst,
                conversion: conversion as u32,
                like: like as u32,
            },
            action: Some(map.map_or(Action::Other, Action::Color)),
        });
        Ok(match map {
            Some(_) => as_chain(plan),
            None => plan,
        })
    }
    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        self.input(&[image.shape])?;
        let map = self.conversion.map(self.like);
        Ok(map.map(|_| ChainStep::Pixels))
    }
}
