//! Decoded images in device memory.

use crate::image::tensor::DeviceTensor;
use pixelflume_codec::cuda::DecodedImage;
use pixelflume_device::Stream;
use pixelflume_memory::{MemoryError, MemoryManager};
use pixelflume_ops::image::layout::BatchLayout;
use pixelflume_ops::image::owned::Image;

/// Copies an image to the device, in the order of a stream.
pub(super) fn upload(
    image: &Image,
    memory: &MemoryManager,
    stream: &Stream,
) -> Result<DeviceTensor, MemoryError> {
    let (layout, bytes) = (BatchLayout::tight(image.shape(), 1), image.data().len());
    let mut staging = memory.pinned(bytes)?;
    staging.as_mut_slice()?.copy_from_slice(image.data());
    let mut buffer = memory.allocate(bytes, stream)?;
    buffer.upload(0, &mut staging, 0..bytes, stream)?;
    let tensor = DeviceTensor::new(buffer, layout, memory);
    Ok(tensor.expect("the buffer has the bytes of the image"))
}

/// The image as a tensor.
pub(super) fn tensor_of(image: DecodedImage, memory: &MemoryManager) -> DeviceTensor {
    let (shape, pitch) = (image.shape(), image.row_pitch());
    let (buffer, pixels) = image.into_parts();
    let layout = BatchLayout::tight(shape, 1).with_row_pitch(pitch);
    let tensor = DeviceTensor::new(buffer, layout.at(pixels.start), memory);
    tensor.expect("the decoder wrote the image to this place")
}
