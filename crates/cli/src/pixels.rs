//! The images of a run between reading and their engine: decoded, or as files for a GPU.

use pixelflume::ops::ImageShape;
use pixelflume::pipeline::engine::FrameImage;

/// An image of a set.
#[derive(Debug)]
pub(crate) enum Pixels {
    /// A decoded image.
    Ready(FrameImage),
    /// The bytes of a file that the device decodes to an image of this shape.
    File(Vec<u8>, ImageShape),
}

impl Pixels {
    pub(crate) fn shape(&self) -> ImageShape {
        match self {
            Pixels::Ready(image) => image.shape(),
            Pixels::File(_, shape) => *shape,
        }
    }

    /// Whether the image is on the device, or will be.
    pub(crate) fn is_tensor(&self) -> bool {
        matches!(
            self,
            Pixels::File(..) | Pixels::Ready(FrameImage::Tensor(_))
        )
    }

    /// Copies the image to ordinary memory, unless it is there or that fails.
    pub(crate) fn leave_device(&mut self) {
        if let Pixels::Ready(FrameImage::Tensor(tensor)) = self
            && let Ok(mut images) = tensor.to_images()
        {
            *self = Pixels::Ready(FrameImage::Image(images.swap_remove(0)));
        }
    }
}
