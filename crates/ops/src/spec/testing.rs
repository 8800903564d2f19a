//! The parts from which the tests of an operator are made.

use super::Values;
use crate::contract::{Operator, OperatorError};
use crate::image::{ImageShape, Layout, SampleType};
use crate::oracle::Image;
use crate::testing::Random;
use std::fmt;
use std::sync::Arc;

/// Draws an operator that takes images of this shape for each of its inputs. The shape becomes another one where no operator of
/// the kind can take it. An error is a defect: the operator refuses a value that was drawn.
pub type Sampler = fn(&mut Random, &mut ImageShape) -> Result<Arc<dyn Operator>, OperatorError>;

/// The parts from which the tests of an operator are made: random cases, the reference, and its part in fused chains.
/// Golden vectors are in the folder of the operator, `src/<kind>/golden*.bin`.
pub struct OperatorTesting {
    /// Draws an operator.
    pub sample: Sampler,
    /// The output for these inputs, by the [reference](mod@crate::reference).
    pub reference: fn(&Values, &[Image<u8>]) -> Samples,
    /// The part of the operator in the random fused chains of the tests; `None` for an operator that is never fused by the rules
    /// for CUDA.
    pub part: Option<Part>,
}

impl fmt::Debug for OperatorTesting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperatorTesting")
            .field("part", &self.part)
            .finish_non_exhaustive()
    }
}

/// The part of an operator in fused chains.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Part {
    /// The operator makes pixels of a video frame, and is the first of a sampling chain.
    Source,
    /// The operator computes each pixel from the channels of one pixel: conversions of color.
    Color,
    /// The operator moves or interpolates pixels.
    Geometry,
    /// The operator computes each sample by itself.
    Pointwise,
    /// The operator makes floating point samples, and is the last of a sampling chain.
    Final,
    /// The operator smooths, in the middle of a chain of stencils.
    Blur,
    /// The operator differentiates gray images, after a blur.
    Derivative,
}

/// The samples of an image of any type: what a reference or an executor computed.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    /// The shape of the image.
    pub shape: ImageShape,
    /// The samples without padding, in the byte order of this machine.
    pub bytes: Vec<u8>,
}

impl Samples {
    /// The 8-bit interleaved image; `None` for other types.
    pub fn image(&self) -> Option<Image<u8>> {
        let ImageShape {
            width,
            height,
            channels,
            ..
        } = self.shape;
        (self.shape == ImageShape::u8(width, height, channels)).then(|| {
            let sides = [width, height, channels].map(|side| side as usize);
            Image::new(sides[0], sides[1], sides[2], self.bytes.clone())
        })
    }
}

/// The shape of an image of the reference.
fn shape<T>(image: &Image<T>, sample: SampleType) -> ImageShape {
    ImageShape {
        sample,
        layout: Layout::Interleaved,
        ..ImageShape::u8(
            image.width as u32,
            image.height as u32,
            image.channels as u32,
        )
    }
}

impl From<Image<u8>> for Samples {
    fn from(image: Image<u8>) -> Self {
        Samples {
            shape: shape(&image, SampleType::U8),
            bytes: image.data,
        }
    }
}

impl From<Image<i16>> for Samples {
    fn from(image: Image<i16>) -> Self {
        Samples {
            shape: shape(&image, SampleType::I16),
            bytes: image.data.iter().flat_map(|s| s.to_ne_bytes()).collect(),
        }
    }
}
