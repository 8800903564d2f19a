//! The operator `rgb_to_yuv`.

mod cuda;
mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::checks::text_by_name;
use crate::contract::{Operator, OperatorError, Plan, checks};
use crate::host::view::HostCode;
use crate::image::ImageShape;
use crate::unary::UnaryPlan;
use crate::yuv::YuvCoding;
use fearless_simd::Level;
use host::RgbToYuvHost;
use pixelflume_kernels::args::RgbToYuvArgs;
use std::sync::Arc;

const KIND: &str = "rgb_to_yuv";

/// The layout of the frames of a [`RgbToYuv`]: `height` rows of Y, and then the chroma of blocks of 2x2 pixels.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub enum RgbToYuvFormat {
    /// `height / 2` rows of alternating U and V.
    Nv12,
    /// A plane of U and a plane of V. Two of their rows are a row of the gray image.
    I420,
}

impl RgbToYuvFormat {
    /// All formats, in the order in which error messages list them.
    pub const ALL: [RgbToYuvFormat; 2] = [RgbToYuvFormat::Nv12, RgbToYuvFormat::I420];

    /// The name that pipeline files use: `nv12` or `i420`.
    pub const fn name(self) -> &'static str {
        match self {
            RgbToYuvFormat::Nv12 => "nv12",
            RgbToYuvFormat::I420 => "i420",
        }
    }
}

text_by_name!(RgbToYuvFormat, KIND, "format");

/// Converts RGB images to YUV video frames. Kind: `rgb_to_yuv`, parameters `format`, `matrix` and `range`.
///
/// The input is an interleaved u8 RGB image of even width and height. The output is a gray u8 image of the bytes of the frame, as OpenCV has
/// it: of the width of the input, with 3/2 of its rows. [`YuvToRgb`](crate::YuvToRgb) is the way back.
///
/// Formula: Y = (sum of weights + (black << 20) + 2^19) >> 20, U and V alike with 128 in place of black, and at most 255. `black` is 16 with
/// limited range, else 0. Chroma is that of the pixel at the top left of a block. The weights of red, green and blue with BT.601 and limited
/// range are those of OpenCV's `cvtColor` (`COLOR_RGB2YUV_I420`): 269484, 528482, 102760 in Y, -155188, -305135, 460324 in U and 460324,
/// -385875, -74448 in V. The others are round(2^20 c). With Kg = 1 - Kr - Kb the coefficients c are a Kr, a Kg, a Kb in Y; -Kr, -Kg and
/// 1 - Kb times b / (2 (1 - Kb)) in U; 1 - Kr, -Kg and -Kb times b / (2 (1 - Kr)) in V; a = 219/255 and b = 224/255 with limited range,
/// else a = b = 1.
///
/// ```
/// use pixelflume_ops::yuv::YuvCoding;
/// use pixelflume_ops::{ImageShape, Operator, RgbToYuv, RgbToYuvFormat};
///
/// let to_frames = RgbToYuv::new(RgbToYuvFormat::Nv12, YuvCoding::default());
/// let plan = to_frames.plan(&[ImageShape::u8(1920, 1080, 3)])?;
/// assert_eq!(plan.output(), ImageShape::u8(1920, 1620, 1));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct RgbToYuv {
    format: RgbToYuvFormat,
    coding: YuvCoding,
}

impl RgbToYuv {
    /// A conversion to frames of this layout, matrix and range.
    pub const fn new(format: RgbToYuvFormat, coding: YuvCoding) -> Self {
        RgbToYuv { format, coding }
    }

    /// The layout of the frames.
    pub const fn format(&self) -> RgbToYuvFormat {
        self.format
    }

    /// The matrix and range of the samples.
    pub const fn coding(&self) -> YuvCoding {
        self.coding
    }
}

impl Operator for RgbToYuv {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        if input.channels != 3 {
            return Err(OperatorError::Channels {
                operator: KIND,
                expected: "3",
                got: input,
                hint: "convert gray or alpha with `color` first",
            });
        }
        if !input.width.is_multiple_of(2) || !input.height.is_multiple_of(2) {
            return Err(OperatorError::Shape {
                operator: KIND,
                got: input,
                reason: "a frame has chroma samples for blocks of 2x2 pixels: its width and height are even"
                    .to_owned(),
            });
        }
        let weights = self.coding.of_rgb();
        let planar = self.format == RgbToYuvFormat::I420;
        Ok(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::YUV.kernels,
            entry: KIND,
            grid: cuda::grid,
            host: Arc::new(HostCode(RgbToYuvHost {
                level: Level::new(),
                planar,
                weights,
            })),
            input,
            output: ImageShape::u8(input.width, input.height / 2 * 3, 1),
            elementwise: false,
            args: move |src, dst| RgbToYuvArgs {
                src,
                dst,
                luma: weights.luma,
                u: weights.u,
                v: weights.v,
                black: weights.black,
                planar: planar.into(),
                reserved: 0,
            },
            action: None,
        }))
    }
}
