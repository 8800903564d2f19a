//! Mixed chains: chains of operators from a pipeline's input on that compute a batch of images of any sizes in one launch.
//!
//! The launch reads a table of [`ImageDescriptor`]s, one for each frame: where an image lies, how large it is, and what is done to
//! it. The table is the input of the chain's plan, one row of bytes for each frame, so that the launch is the same for every batch.

use crate::contract::{ImageValues, Operator, Plan};
use crate::image::ImageShape;
use bytemuck::{Pod, Zeroable};
use pixelflume_device::{Address, DeviceKind};
use std::sync::Arc;

/// The description of one image for the kernel of a mixed chain.
#[derive(Copy, Clone, Debug, Pod, Zeroable)]
#[repr(C, align(16))]
pub struct ImageDescriptor {
    words: [u32; 32],
}

impl ImageDescriptor {
    /// The shape of the table's rows: one frame is one descriptor.
    pub const SHAPE: ImageShape = ImageShape::u8(size_of::<ImageDescriptor>() as u32, 1, 1);
}

/// One image of a batch, as a mixed chain reads it.
#[derive(Copy, Clone, Debug)]
pub struct ChainImage<'a> {
    /// The shape of the image.
    pub shape: ImageShape,
    /// The address of the first sample, in memory that the device of the plan reads.
    pub base: Address,
    /// Bytes from a row to the next.
    pub row_pitch: usize,
    /// The number of the image in its data set.
    pub index: u64,
    /// The number of the pass over the data set.
    pub epoch: u64,
    /// The position of the image in its batch, from 0.
    pub frame: usize,
    /// For each operator of the chain the values that were given for its parameters.
    pub values: &'a [&'a [ImageValues<'a>]],
}

/// A chain of operators that computes images of any sizes in one launch, to outputs of one shape.
#[derive(Clone, Debug)]
pub struct MixedChain {
    plan: Arc<dyn Plan>,
}

impl MixedChain {
    /// The chain of these operators, the first of which reads the images, on a kind of device. `first` is one image of the batch:
    /// all have its channels, sample type and layout.
    ///
    /// # Errors
    /// The reason why the operators are no mixed chain.
    pub fn new(
        operators: &[Arc<dyn Operator>],
        first: &ChainImage<'_>,
        device: DeviceKind,
    ) -> Result<Self, String> {
        let _ = (operators, first, device);
        Err("there is no kernel for it".to_owned())
    }

    /// The shape of the output, of all images.
    pub fn output(&self) -> ImageShape {
        self.plan.output()
    }

    /// The plan of the launch. Its input is the table of descriptors, in frames of [`ImageDescriptor::SHAPE`].
    ///
    /// A launch of it reads the images of the descriptors: on top of what [`Plan`] asks for, these are valid until the launch is
    /// complete.
    pub fn plan(&self) -> &Arc<dyn Plan> {
        &self.plan
    }

    /// Describes an image for the kernel. Allocates nothing but for errors.
    ///
    /// # Errors
    /// An operator cannot take the image, or the output has another shape than that of the chain; with the reason.
    pub fn describe(&self, image: &ChainImage<'_>) -> Result<ImageDescriptor, MixedError> {
        let _ = image;
        Err(MixedError::NotMixed("there is no kernel for it".to_owned()))
    }
}

/// The reason why a mixed chain cannot take an image.
#[derive(Clone, Debug)]
pub enum MixedError {
    /// The operator at this position of the chain refuses the image.
    Operator(usize, crate::contract::OperatorError),
    /// The chain makes an image of another shape of it than of the first one.
    Output {
        /// The shape of the chain's output.
        expected: ImageShape,
        /// The shape of this image's output.
        got: ImageShape,
    },
    /// The kernel cannot compute what the operators do to this image.
    NotMixed(String),
}
