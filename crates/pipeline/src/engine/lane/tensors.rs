//! The frames of a batch that were given in device memory.

use crate::engine::room::place_bytes;
use crate::error::PipelineError;
use crate::image::tensor::DeviceTensor;
use pixelflume_device::{DeviceError, Stream};

/// The tensors of a batch, each the image of one frame for one input. They stay here until the batch is complete.
pub(in crate::engine) struct LaneTensors {
    /// By frame, then by input of the engine's pipeline.
    list: Vec<Option<DeviceTensor>>,
    /// The number of tensors.
    count: usize,
    /// Bytes of their images, as [`place_bytes`] counts them.
    bytes: usize,
    /// Whether a run may be reading them, which their home streams do not know of.
    is_read: bool,
}

impl LaneTensors {
    /// Room for the tensors of this many frames times inputs.
    pub(super) fn new(slots: usize) -> Self {
        let mut list = Vec::new();
        list.resize_with(slots, || None);
        LaneTensors {
            list,
            count: 0,
            bytes: 0,
            is_read: false,
        }
    }

    /// Bytes that a tensor adds to those of a batch.
    pub(in crate::engine) fn bytes_of(tensor: &DeviceTensor) -> usize {
        place_bytes(tensor.layout().shape().bytes())
    }

    pub(in crate::engine) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Bytes of the images of all tensors.
    pub(in crate::engine) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(in crate::engine) fn get(&self, slot: usize) -> Option<&DeviceTensor> {
        self.list[slot].as_ref()
    }

    /// Puts a tensor into a slot, or none; gives what was there.
    pub(in crate::engine) fn replace(
        &mut self,
        slot: usize,
        tensor: Option<DeviceTensor>,
    ) -> Option<DeviceTensor> {
        if let Some(tensor) = &tensor {
            self.count += 1;
            self.bytes = self.bytes.saturating_add(Self::bytes_of(tensor));
        }
        let old = std::mem::replace(&mut self.list[slot], tensor);
        if let Some(old) = &old {
            self.count -= 1;
            self.bytes = self.bytes.saturating_sub(Self::bytes_of(old));
        }
        old
    }

    /// Refuses tensors whose stream is capturing: what waits for it would be captured, too. Called before anything of the batch is
    /// enqueued.
    pub(super) fn check_captures(&self) -> Result<(), PipelineError> {
        // Those of one decoder have one stream.
        let mut last = None;
        for tensor in self.list.iter().flatten() {
            let home = tensor.stream();
            if last.replace(home.id()) != Some(home.id()) && home.is_capturing()? {
                return Err(PipelineError::Device(DeviceError::Capture {
                    reason: "the stream of a tensor that was given to an engine is capturing, and a run that waits for it would be \
                             captured; end the capture"
                        .to_owned(),
                }));
            }
        }
        Ok(())
    }

    /// Orders later work of `stream` behind what wrote the tensors. From here on they are not used again before the device is idle,
    /// whatever becomes of this value, unless [`LaneTensors::complete`] is called.
    pub(super) fn begin(&mut self, stream: &Stream) -> Result<(), PipelineError> {
        let mut last = None;
        for tensor in self.list.iter().flatten() {
            let home = tensor.stream();
            if last.replace(home.id()) == Some(home.id()) {
                // One wait is enough for all of a stream. This one waits for the device where work on the tensor is not ordered.
                tensor.order_before(home)?;
            } else {
                tensor.order_before(stream)?;
            }
        }
        self.is_read = true;
        Ok(())
    }

    /// Notes that the run is complete, as the caller has seen by waiting for it.
    pub(super) fn complete(&mut self) {
        self.is_read = false;
    }

    /// Gives all tensors back.
    pub(in crate::engine) fn clear(&mut self) {
        let is_read = std::mem::take(&mut self.is_read);
        if self.count == 0 {
            return;
        }
        for tensor in self.list.iter_mut().filter_map(Option::take) {
            if is_read {
                tensor.mark_unordered();
            }
        }
        (self.count, self.bytes) = (0, 0);
    }
}

impl Drop for LaneTensors {
    fn drop(&mut self) {
        self.clear();
    }
}
