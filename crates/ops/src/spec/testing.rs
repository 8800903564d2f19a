//! The parts from which the tests of an operator are made.

use super::Values;
use crate::contract::{Operator, OperatorError};
use crate::image::{ImageShape, Layout, SampleType};
use crate::oracle::Image;
use crate::testing::Random;
use half::{bf16, f16};
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
    pub reference: fn(&Values, &[Samples]) -> Samples,
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
    /// The 8-bit interleaved image; `None` for other types and layouts.
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

    /// The 8-bit interleaved image, for the reference of an operator that takes no other.
    ///
    /// # Panics
    /// When the samples are of another type or layout.
    pub(crate) fn u8_image(&self) -> Image<u8> {
        self.image()
            .unwrap_or_else(|| panic!("the reference takes u8 samples, got {}", self.shape))
    }

    /// The image that `copy` makes of this one, with samples of the same type in the same layout. `copy` gets the bits of the
    /// samples in the low bytes.
    pub(crate) fn copied(&self, copy: impl FnOnce(&Image<u32>) -> Image<u32>) -> Samples {
        Samples::of_bits(&copy(&self.bits()), self.shape.sample, self.shape.layout)
    }

    /// The 8-bit image that `change` makes of this one, in the same layout.
    ///
    /// # Panics
    /// When the samples are of another type.
    pub(crate) fn changed(&self, change: impl FnOnce(&Image<u8>) -> Image<u8>) -> Samples {
        let (sample, layout) = (self.shape.sample, self.shape.layout);
        assert_eq!(sample, SampleType::U8, "the reference takes u8 samples");
        let bits = self.bits();
        let bytes = bits.data.iter().map(|&bits| bits as u8).collect();
        let image = change(&Image::new(bits.width, bits.height, bits.channels, bytes));
        let bits = image.data.iter().map(|&sample| sample.into()).collect();
        let bits = Image::new(image.width, image.height, image.channels, bits);
        Samples::of_bits(&bits, sample, layout)
    }

    /// The bits of each sample, in the low bytes.
    pub(crate) fn bits(&self) -> Image<u32> {
        let ImageShape {
            width,
            height,
            channels,
            ..
        } = self.shape;
        let [width, height, channels] = [width, height, channels].map(|side| side as usize);
        let samples: Vec<&[u8]> = self.bytes.chunks(self.shape.sample.bytes()).collect();
        Image::from_fn(width, height, channels, |x, y, c| {
            let sample = samples[match self.shape.layout {
                Layout::Interleaved => (y * width + x) * channels + c,
                Layout::Planar => (c * height + y) * width + x,
            }];
            match *sample {
                [byte] => byte.into(),
                [a, b] => u16::from_ne_bytes([a, b]).into(),
                [a, b, c, d] => u32::from_ne_bytes([a, b, c, d]),
                _ => unreachable!("samples have 1, 2 or 4 bytes"),
            }
        })
    }

    /// The samples of this type whose bits are in the low bytes of `image`, in this layout.
    pub(crate) fn of_bits(image: &Image<u32>, sample: SampleType, layout: Layout) -> Samples {
        let shape = ImageShape {
            layout,
            ..shape(image, sample)
        };
        let pixels = image.height * image.width;
        let position = |index: usize| match layout {
            Layout::Interleaved => index,
            Layout::Planar => index % pixels * image.channels + index / pixels,
        };
        let bytes = |index: usize| {
            let bits = image.data[position(index)];
            match sample.bytes() {
                1 => vec![bits as u8],
                2 => (bits as u16).to_ne_bytes().to_vec(),
                _ => bits.to_ne_bytes().to_vec(),
            }
        };
        Samples {
            shape,
            bytes: (0..image.data.len()).flat_map(bytes).collect(),
        }
    }

    /// The bits of a constant pixel of an image of this type: of one number for all channels, or of one for each.
    ///
    /// # Panics
    /// When the samples are integers and a number is none of them.
    pub(crate) fn constant(&self, numbers: &[f64]) -> [u32; 4] {
        let sample = self.shape.sample;
        let integer = |number: f64| {
            let integer = number as i32;
            assert_eq!(f64::from(integer), number, "no {sample} sample");
            integer
        };
        std::array::from_fn(|channel| {
            let number = match *numbers {
                [all] => all,
                _ => numbers.get(channel).copied().unwrap_or(0.0),
            };
            match sample {
                SampleType::U8 => u8::try_from(integer(number)).expect("a u8 sample").into(),
                SampleType::I16 => (integer(number) as u16).into(),
                SampleType::F16 => f16::from_f32(number as f32).to_bits().into(),
                SampleType::Bf16 => bf16::from_f32(number as f32).to_bits().into(),
                SampleType::F32 => (number as f32).to_bits(),
                SampleType::F64 => unreachable!("numbers have no borders"),
                SampleType::I32 => integer(number) as u32,
            }
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

impl From<Image<f32>> for Samples {
    fn from(image: Image<f32>) -> Self {
        Samples {
            shape: shape(&image, SampleType::F32),
            bytes: image.data.iter().flat_map(|s| s.to_ne_bytes()).collect(),
        }
    }
}

impl From<Image<f64>> for Samples {
    fn from(image: Image<f64>) -> Self {
        Samples {
            shape: shape(&image, SampleType::F64),
            bytes: image.data.iter().flat_map(|s| s.to_ne_bytes()).collect(),
        }
    }
}

impl From<Image<i32>> for Samples {
    fn from(image: Image<i32>) -> Self {
        Samples {
            shape: shape(&image, SampleType::I32),
            bytes: image.data.iter().flat_map(|s| s.to_ne_bytes()).collect(),
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
