//! The map of a gather, as data.

use crate::image::ImageShape;

/// The border mode of a gather. The kernels take it as its number.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[repr(u32)]
pub(crate) enum BorderMode {
    /// The constant of the map.
    Constant = 0,
    /// The nearest pixel of the source.
    Replicate = 1,
    /// The source mirrored at its border pixel.
    Reflect101 = 2,
    /// The constant of the map; the pixels inside are not written, and the source is not read.
    FrameOnly = 3,
}

impl BorderMode {
    /// The mode of this number in the arguments of a launch.
    pub(crate) fn of(number: u32) -> Self {
        let all = [Self::Constant, Self::Replicate, Self::Reflect101];
        all.get(number as usize).copied().unwrap_or(Self::FrameOnly)
    }
}

/// The place of a gather's source in its output, and the border around it.
#[derive(Copy, Clone, Debug)]
pub(crate) struct GatherMap {
    /// Column of the output at which the source's left column lies, negative where columns are cut off.
    pub(crate) left: i32,
    /// Row of the output at which the source's top row lies, negative where rows are cut off.
    pub(crate) top: i32,
    /// Width and height of the source in the output.
    pub(crate) inner: (u32, u32),
    /// Whether the source is mirrored along x, and along y.
    pub(crate) flip: (bool, bool),
    /// The border mode around the source.
    pub(crate) border: BorderMode,
    /// The constant of each channel, for the border: the bits of a sample of the image's type, in the low bytes.
    pub(crate) value: [u32; 4],
}

impl GatherMap {
    /// The map that copies images of this shape.
    pub(crate) fn identity(input: ImageShape) -> Self {
        GatherMap {
            left: 0,
            top: 0,
            inner: (input.width, input.height),
            flip: (false, false),
            border: BorderMode::Constant,
            value: [0; 4],
        }
    }
}
