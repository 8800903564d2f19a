//! Frames in device memory.

use super::lane::tensors::LaneTensors;
use super::{BatchWriter, FrameError};
use crate::image::frame::FrameImage;
use crate::image::tensor::DeviceTensor;
use std::sync::Arc;

impl BatchWriter {
    /// Gives a frame of an input as a tensor of one image on the engine's device. The engine reads it behind the work that is in the
    /// tensor's [`stream`](DeviceTensor::stream) when the batch is submitted, and drops it when the batch is complete.
    ///
    /// Images of any sizes are read where they are. In an engine for one set of shapes an image without padding between its rows is
    /// copied on the device. The call waits where neither is possible, and copies through ordinary memory: for an image with padding
    /// in such an engine, and where the effect of a node differs from image to image without a chain for images of any sizes.
    ///
    /// # Errors
    /// There is no such input, or no room for a frame of this index. The tensor has several images, or is of another device; its shape
    /// is not one for this input; a node cannot take it; or the tensors of the batch are more than
    /// [`EngineConfig::tensor_bytes`](super::EngineConfig::tensor_bytes). Then the batch is unchanged. Or a copy through ordinary memory
    /// fails.
    pub fn write_tensor(
        &mut self,
        input: usize,
        frame: usize,
        tensor: DeviceTensor,
    ) -> Result<(), FrameError> {
        self.check_place(input, frame)?;
        self.check_tensor(input, frame, &tensor)?;
        let (layout, shape) = (tensor.layout(), tensor.layout().shape());
        self.check_shape(input, frame, shape)?;
        let is_sized = self.shared.executed_input(input).is_none();
        let is_tight = layout.row_pitch() == shape.row_bytes();
        let is_copied = is_tight && self.lane().copies_tensors();
        if !is_sized && !is_copied {
            let images = tensor.to_images();
            let images = images.map_err(|error| FrameError::Memory(Arc::new(error)))?;
            return self.write(input, frame, &images[0]);
        }
        let slot = frame * self.shared.input_shapes.len() + input;
        let limit = self.shared.config.tensor_bytes.value;
        let tensors = &mut self.lane_mut().tensors;
        let replaced = tensors.get(slot).map_or(0, LaneTensors::bytes_of);
        let (used, bytes) = (tensors.bytes() - replaced, LaneTensors::bytes_of(&tensor));
        if bytes > limit.saturating_sub(used) {
            return Err(FrameError::TensorBytes {
                input: self.shared.input_names[input].clone(),
                frame,
                bytes,
                used,
                limit,
            });
        }
        let old = tensors.replace(slot, Some(tensor));
        if is_sized {
            let given = self.lane().given.as_ref();
            let index = given.and_then(|given| given.index(frame));
            if let Err(error) = self.describe(input, frame, index) {
                self.lane_mut().tensors.replace(slot, old);
                // An image that was there before is described as it was.
                self.describe(input, frame, index)?;
                return Err(error);
            }
        }
        self.frames = self.frames.max(frame + 1);
        self.lane_mut().written[slot] = true;
        Ok(())
    }

    /// Adds a frame as [`BatchWriter::push_inputs`] does, of images in ordinary memory or on the device.
    ///
    /// # Errors
    /// The same as for [`BatchWriter::push_inputs`] and [`BatchWriter::write_tensor`]. The batch is unchanged, and tensors are dropped.
    pub fn push_frame(&mut self, images: Vec<FrameImage>) -> Result<(), FrameError> {
        let got = images.len();
        let mut images = images.into_iter();
        self.push_each(got, |writer, input, frame| match images.next() {
            Some(FrameImage::Image(image)) => writer.write(input, frame, &image),
            Some(FrameImage::Shared(image)) => writer.write(input, frame, &image),
            Some(FrameImage::Tensor(tensor)) => writer.write_tensor(input, frame, tensor),
            None => Ok(()),
        })
    }

    /// Bytes of the frames that were given as tensors.
    #[cfg(feature = "codec")]
    pub(super) fn tensor_bytes(&self) -> usize {
        self.lane().tensors.bytes()
    }

    fn check_tensor(
        &self,
        input: usize,
        frame: usize,
        tensor: &DeviceTensor,
    ) -> Result<(), FrameError> {
        let (images, device) = (tensor.layout().batch(), tensor.stream().device());
        let own = self.shared.memory.device();
        let reason = match images {
            1 if device.id() == own.id() => return Ok(()),
            1 => format!("is memory of {device}, and the engine is on {own}"),
            images => format!("has {images} images; give a tensor for each"),
        };
        let input = self.shared.input_names[input].clone();
        Err(FrameError::Tensor {
            input,
            frame,
            reason,
        })
    }
}
