//! The operator `yuv_to_rgb`.

mod cuda;
mod format;
mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
pub(crate) mod testing;

pub use format::YuvFormat;

use crate::contract::{Operator, OperatorError, Plan};
use crate::host::view::HostCode;
use crate::image::{ImageParam, ImageShape};
use crate::unary::UnaryPlan;
use crate::yuv::{ToRgb, YuvCoding};
use fearless_simd::Level;
use host::YuvHost;
use pixelflume_kernels::args::YuvToRgbArgs;
use std::sync::Arc;

const KIND: &str = "yuv_to_rgb";

/// Converts YUV video frames to RGB. Kind: `yuv_to_rgb`, parameters `format`, `matrix` and `range`.
///
/// The input is a gray u8 image of the bytes of the frame, as OpenCV has it: see [`YuvFormat`]. Its width is a multiple of 2, of YUYV and
/// P010 of 4, and its height a multiple of 3, but for YUYV. The output is an interleaved u8 RGB image of the size of the frame.
///
/// Formula, for samples of 8 bits: with `y = max(Y - black, 0)`, `u = U - 128` and `v = V - 128`,
/// R = (luma y + red v + 2^19) >> 20, G = (luma y + green_u u + green_v v + 2^19) >> 20, B = (luma y + blue u + 2^19) >> 20, each clamped
/// to 0 to 255. `black` is 16 with limited range, else 0. The weights of BT.601 with limited range are those of OpenCV's `cvtColor`
/// (`COLOR_YUV2RGB_NV21`, `_I420`, `_YUY2`): 1220542, 1673527, -409993, -852492 and 2116026. The others are round(2^20 c). With
/// Kg = 1 - Kr - Kb the coefficients c are: luma a; red 2 (1 - Kr) b; green_u -2 (1 - Kb) Kb / Kg b; green_v -2 (1 - Kr) Kr / Kg b;
/// blue 2 (1 - Kb) b; a = 255/219 and b = 255/224 with limited range, else a = b = 1.
///
/// Samples of 10 bits (P010) are quarters of those of 8 bits: black is 64, gray 512, and the sums have 22 fractional bits. With full range
/// a = b = 1020/1023, so that 1023 is white.
///
/// NV12 frames of BT.601 with limited range are converted by [`Nv12ToRgb`](crate::Nv12ToRgb) with the operators behind it in one
/// launch; this operator has a launch of its own.
///
/// ```
/// use pixelflume_ops::yuv::{YuvCoding, YuvMatrix, YuvRange};
/// use pixelflume_ops::{ImageShape, Operator, YuvFormat, YuvToRgb};
///
/// let coding = YuvCoding { matrix: YuvMatrix::Bt709, range: YuvRange::Limited };
/// let plan = YuvToRgb::new(YuvFormat::I420, coding).plan(&[ImageShape::u8(1920, 1620, 1)])?;
/// assert_eq!(plan.output(), ImageShape::u8(1920, 1080, 3));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct YuvToRgb {
    format: YuvFormat,
    coding: YuvCoding,
}

impl YuvToRgb {
    /// A conversion of frames of this layout, matrix and range.
    pub const fn new(format: YuvFormat, coding: YuvCoding) -> Self {
        YuvToRgb { format, coding }
    }

    /// The layout of the frames.
    pub const fn format(&self) -> YuvFormat {
        self.format
    }

    /// The matrix and range of the samples.
    pub const fn coding(&self) -> YuvCoding {
        self.coding
    }

    /// The plan for frames of `input` and images of `output`, which fit each other, of the operator `kind`.
    pub(crate) fn plan_of(
        &self,
        kind: &'static str,
        (input, output): (ImageShape, ImageShape),
    ) -> Arc<dyn Plan> {
        let format = self.format;
        let weights = self.coding.to_rgb(format.bits());
        Arc::new(UnaryPlan {
            operator: kind,
            module: &pixelflume_kernels::YUV.kernels,
            entry: KIND,
            grid: cuda::grid,
            host: Arc::new(HostCode(YuvHost {
                level: Level::new(),
                format,
                weights,
            })),
            input,
            output,
            elementwise: false,
            args: move |src, dst| args(format, &weights, src, dst),
            action: None,
        })
    }
}

impl Operator for YuvToRgb {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        Ok(self.plan_of(KIND, self.format.shapes(inputs)?))
    }
}

fn args(format: YuvFormat, weights: &ToRgb, src: ImageParam, dst: ImageParam) -> YuvToRgbArgs {
    YuvToRgbArgs {
        src,
        dst,
        format: format.number(),
        bits: format.bits(),
        black: weights.black,
        luma: weights.luma,
        red: weights.red,
        green_u: weights.green_u,
        green_v: weights.green_v,
        blue: weights.blue,
    }
}
