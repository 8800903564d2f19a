//! The effect of an operator on one image of a mixed batch, as data.

use crate::contract::stage::{GatherMap, ResampleStep};
use crate::image::ImageShape;

/// The effect of an operator on the geometry of one image, as far as a mixed chain can compute it. It is found without a table
/// and without memory.
#[derive(Copy, Clone, Debug)]
pub enum ChainStep {
    /// Every pixel is changed in its place, for all images in the same way: a conversion of colors, a threshold, a normalization.
    /// What is done is in the operator's [`Stage`](crate::contract::Stage) for any image.
    Pixels,
    /// The image is an NV12 frame, which becomes an RGB image of this width and height.
    Nv12(u32, u32),
    /// The samples are copied to other places, to an image of this size.
    Gather(GatherStep),
    /// A bilinear resize (OpenCV's `INTER_LINEAR`) to this width and height.
    Bilinear(u32, u32),
    /// The samples are copied to other places, as [`ChainStep::Gather`] does, and the result is resized as
    /// [`ChainStep::Bilinear`] does: a crop and its resize.
    GatherBilinear(GatherStep, (u32, u32)),
    /// A bilinear resize to the inner rectangle of the map, with the map's constant around it.
    Letterbox(GatherStep),
    /// An antialiased resize, as [`Resample`](crate::Resample) makes it.
    Resample(ResampleStep),
    /// The pixels of a rectangle become a constant, and the others stay as they are.
    Erase(EraseStep),
}

/// A gather of one image: the place of the source in the output, and the output's size.
#[derive(Copy, Clone, Debug)]
pub struct GatherStep {
    pub(crate) map: GatherMap,
    /// Width and height of the output in pixels.
    pub(crate) output: (u32, u32),
}

/// The rectangle of an erasure, inside the image, and its constant.
#[derive(Copy, Clone, Debug)]
pub struct EraseStep {
    /// The first column of the rectangle.
    pub(crate) x: u32,
    /// The first row of the rectangle.
    pub(crate) y: u32,
    /// Columns of the rectangle; 0 where nothing is erased.
    pub(crate) width: u32,
    /// Rows of the rectangle; 0 where nothing is erased.
    pub(crate) height: u32,
    /// The constant of each channel: the bits of a sample of the image's type at this place of the chain, in the low bytes.
    pub(crate) value: [u32; 4],
}

impl ChainStep {
    /// The width and height of the output for an input of this shape.
    pub(crate) fn size(&self, input: ImageShape) -> (u32, u32) {
        match *self {
            ChainStep::Pixels | ChainStep::Erase(_) => (input.width, input.height),
            ChainStep::Nv12(width, height) | ChainStep::Bilinear(width, height) => (width, height),
            ChainStep::Gather(step) | ChainStep::Letterbox(step) => step.output,
            ChainStep::GatherBilinear(_, size) => size,
            ChainStep::Resample(step) => step.output,
        }
    }
}

impl GatherStep {
    /// The step to an image of this shape.
    pub(crate) fn new(map: GatherMap, output: ImageShape) -> Self {
        GatherStep {
            map,
            output: (output.width, output.height),
        }
    }

    /// The shape of the output for images of this shape.
    pub(crate) fn output_of(&self, input: ImageShape) -> ImageShape {
        let (width, height) = self.output;
        ImageShape {
            width,
            height,
            ..input
        }
    }
}
