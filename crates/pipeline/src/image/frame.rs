//! Images wherever they are.

use crate::image::tensor::DeviceTensor;
use pixelflume_ops::ImageShape;
use pixelflume_ops::image::owned::Image;
use std::sync::Arc;

/// An image for a batch, in ordinary memory or on the device.
#[derive(Debug)]
pub enum FrameImage {
    /// An image in ordinary memory.
    Image(Image),
    /// An image in ordinary memory that others have too, such as one of a list that is read several times.
    Shared(Arc<Image>),
    /// A tensor of one image.
    Tensor(DeviceTensor),
}

impl FrameImage {
    /// The shape of the image.
    pub fn shape(&self) -> ImageShape {
        match self {
            FrameImage::Image(image) => image.shape(),
            FrameImage::Shared(image) => image.shape(),
            FrameImage::Tensor(tensor) => tensor.layout().shape(),
        }
    }
}
