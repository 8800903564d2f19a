//! The layouts of YUV frames in gray images.

use super::KIND;
use crate::contract::checks::text_by_name;
use crate::contract::{OperatorError, checks};
use crate::image::ImageShape;

/// The layout of the samples of a [`YuvToRgb`](super::YuvToRgb). Its frames come as gray images, whose rows are the bytes of the frame.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
#[non_exhaustive]
pub enum YuvFormat {
    /// `height` rows of Y, then `height / 2` rows of alternating U and V, a pair for 2x2 pixels.
    Nv12,
    /// As NV12, with V before U.
    Nv21,
    /// `height` rows of Y, then a plane of U and a plane of V with a sample for 2x2 pixels. Two of their rows are a row of the gray image.
    I420,
    /// Also called YUY2: Y, U, Y, V of each pair of pixels. The gray image is twice as wide as the frame.
    Yuyv,
    /// As NV12 with two bytes for each sample, the lower one first, whose upper 10 bits count. The gray image is twice as wide as the
    /// frame.
    P010,
}

impl YuvFormat {
    /// All formats, in the order in which error messages list them.
    pub const ALL: [YuvFormat; 5] = [
        YuvFormat::Nv12,
        YuvFormat::Nv21,
        YuvFormat::I420,
        YuvFormat::Yuyv,
        YuvFormat::P010,
    ];

    /// The name that pipeline files use, for example `nv21`.
    pub const fn name(self) -> &'static str {
        match self {
            YuvFormat::Nv12 => "nv12",
            YuvFormat::Nv21 => "nv21",
            YuvFormat::I420 => "i420",
            YuvFormat::Yuyv => "yuyv",
            YuvFormat::P010 => "p010",
        }
    }

    /// The number that `yuv.cu` has for the format.
    pub(super) const fn number(self) -> u32 {
        self as u32
    }

    /// Bits of a sample.
    pub(crate) const fn bits(self) -> u32 {
        match self {
            YuvFormat::P010 => 10,
            _ => 8,
        }
    }

    /// Bytes of a row for each pixel.
    pub(crate) const fn row_bytes(self) -> u32 {
        match self {
            YuvFormat::Yuyv | YuvFormat::P010 => 2,
            YuvFormat::Nv12 | YuvFormat::Nv21 | YuvFormat::I420 => 1,
        }
    }

    /// Whether rows of chroma follow the rows of luma.
    pub(crate) const fn has_planes(self) -> bool {
        !matches!(self, YuvFormat::Yuyv)
    }

    /// The shape of the frame and that of its RGB image.
    pub(super) fn shapes(
        self,
        inputs: &[ImageShape],
    ) -> Result<(ImageShape, ImageShape), OperatorError> {
        let input = checks::u8_input(KIND, inputs)?;
        if input.channels != 1 {
            return Err(OperatorError::Channels {
                operator: KIND,
                expected: "1",
                got: input,
                hint: "give the bytes of the frame as one gray image",
            });
        }
        let columns = 2 * self.row_bytes();
        let reason = if !input.width.is_multiple_of(columns) {
            format!(
                "a frame of {} has an even width and {} byte(s) of a row for each pixel: the width of the gray image is a multiple of {columns}",
                self.name(),
                self.row_bytes()
            )
        } else if self.has_planes() && !input.height.is_multiple_of(3) {
            format!(
                "a frame of {} has half as many rows of U and V as of Y: its rows are a multiple of 3",
                self.name()
            )
        } else {
            let height = match self.has_planes() {
                true => input.height / 3 * 2,
                false => input.height,
            };
            let width = input.width / self.row_bytes();
            return Ok((input, ImageShape::u8(width, height, 3)));
        };
        Err(OperatorError::Shape {
            operator: KIND,
            got: input,
            reason,
        })
    }
}

text_by_name!(YuvFormat, KIND, "format");
