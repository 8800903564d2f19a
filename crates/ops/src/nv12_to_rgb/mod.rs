//! The operator `nv12_to_rgb`.

mod cuda;
pub(crate) mod host;
pub(crate) mod reference;
pub(crate) mod spec;
#[cfg(feature = "testing")]
mod testing;

use crate::contract::{Action, ChainStep, ImageContext, Operator, OperatorError, Plan, checks};
use crate::fusion::as_chain;
use crate::host::view::HostCode;
use crate::image::ImageShape;
use crate::unary::UnaryPlan;
use crate::yuv::YuvCoding;
use crate::yuv_to_rgb::{YuvFormat, YuvToRgb};
use fearless_simd::Level;
use host::Nv12Host;
use pixelflume_kernels::args::Nv12Args;
use std::sync::Arc;

const KIND: &str = "nv12_to_rgb";

/// Converts NV12 video frames to RGB. Kind: `nv12_to_rgb`, parameters `matrix` and `range`.
///
/// The input is a frame as OpenCV has it: a gray u8 image of even width with `height` rows of Y, followed by `height / 2` rows of
/// alternating U and V; the height of the image is a multiple of 3. The output is interleaved u8 RGB of `width` x `height`
/// pixels.
///
/// Formula: by default OpenCV's `cvtColor` with `COLOR_YUV2RGB_NV12`, limited range BT.601 with 20 fractional bits. With
/// `y = max(Y - 16, 0) * 1220542`, `u = U - 128`, `v = V - 128` (of the block of 2x2 pixels), each clamped to 0 to 255:
/// R = (y + 1673527 v + 2^19) >> 20, G = (y - 852492 v - 409993 u + 2^19) >> 20, B = (y + 2116026 u + 2^19) >> 20.
/// Other matrices and ranges have the weights that [`YuvToRgb`](crate::YuvToRgb) has; they are computed in a launch of their own, where
/// the default is one with the operators behind it.
///
/// ```
/// use pixelflume_ops::{ImageShape, Nv12ToRgb, Operator};
///
/// let plan = Nv12ToRgb::new().plan(&[ImageShape::u8(1920, 1620, 1)])?;
/// assert_eq!(plan.output(), ImageShape::u8(1920, 1080, 3));
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash, Default)]
pub struct Nv12ToRgb {
    coding: YuvCoding,
}

impl Nv12ToRgb {
    /// A conversion of frames of BT.601 with limited range.
    pub fn new() -> Self {
        Nv12ToRgb::default()
    }

    /// A conversion of frames of this matrix and range.
    pub const fn with_coding(coding: YuvCoding) -> Self {
        Nv12ToRgb { coding }
    }

    /// The matrix and range of the samples.
    pub const fn coding(&self) -> YuvCoding {
        self.coding
    }
}

/// The shapes of the frame and of its RGB image.
fn shapes(inputs: &[ImageShape]) -> Result<(ImageShape, ImageShape), OperatorError> {
    let input = checks::u8_input(KIND, inputs)?;
    if input.channels != 1 {
        return Err(OperatorError::Channels {
            operator: KIND,
            expected: "1",
            got: input,
            hint: "give the planes as one gray image, Y above UV",
        });
    }
    if !input.width.is_multiple_of(2) || !input.height.is_multiple_of(3) {
        return Err(OperatorError::Shape {
                operator: KIND,
                got: input,
                reason: "an NV12 frame has an even width, and half as many rows of UV as of Y: its rows are a multiple of 3"
                    .to_owned(),
            });
    }
    Ok((input, ImageShape::u8(input.width, input.height / 3 * 2, 3)))
}

impl Operator for Nv12ToRgb {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        let (input, output) = shapes(inputs)?;
        if !self.coding.is_opencv() {
            let plain = YuvToRgb::new(YuvFormat::Nv12, self.coding);
            return Ok(plain.plan_of(KIND, (input, output)));
        }
        Ok(as_chain(Arc::new(UnaryPlan {
            operator: KIND,
            module: &pixelflume_kernels::oracle::NV12_TO_RGB.kernels,
            entry: KIND,
            grid: cuda::grid,
            host: Arc::new(HostCode(Nv12Host {
                level: Level::new(),
            })),
            input,
            output,
            elementwise: false,
            args: |src, dst| Nv12Args { src, dst },
            action: Some(Action::Nv12),
        })))
    }
    fn chain_step(&self, image: &ImageContext<'_>) -> Result<Option<ChainStep>, OperatorError> {
        let (_, output) = shapes(&[image.shape])?;
        let step = ChainStep::Nv12(output.width, output.height);
        // The kernels of chains have the weights of OpenCV.
        Ok(self.coding.is_opencv().then_some(step))
    }
}
