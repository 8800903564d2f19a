//! The memory of a batch's results: page-locked, or on the device.

use crate::error::PipelineError;
use crate::image::layout::BatchLayout;
use crate::image::tensor::DeviceTensor;
use crate::pipeline::Pipeline;
use crate::pipeline::node::Source;
use pixelflume_device::{DeviceError, Stream};
use pixelflume_memory::{MemoryManager, PinnedBuffer};
use pixelflume_ops::ImageShape;

/// The place of a batch's results.
pub(super) enum ResultPlace {
    /// A range of the engine's arena, to which all outputs are copied.
    Pinned(PinnedBuffer),
    /// Device memory, which the plan writes.
    Device(DeviceResults),
}

/// The results of a batch on the device, one tensor for each output, from the batch's dispatch on.
#[derive(Default)]
pub(super) struct DeviceResults {
    tensors: Vec<DeviceTensor>,
    /// Whether a run may be writing the tensors, which their home streams do not know of. The run is not ordered before
    /// these streams: a consumer that has a tensor's stream wait would wait for later batches of the lane as well.
    is_written: bool,
}

impl DeviceResults {
    /// Results for which `list` is used, which is empty.
    pub(super) fn with_list(list: Vec<DeviceTensor>) -> Self {
        DeviceResults {
            tensors: list,
            is_written: false,
        }
    }

    /// Allocates the outputs of a batch. All batches get blocks of the size of the largest, so that the blocks of one serve
    /// the next.
    pub(super) fn allocate(
        &mut self,
        pipeline: &Pipeline,
        shapes: impl Iterator<Item = ImageShape>,
        (frames, most): (usize, usize),
        memory: &MemoryManager,
        home: &Stream,
    ) -> Result<(), PipelineError> {
        if home.is_capturing()? {
            return Err(PipelineError::Device(DeviceError::Capture {
                reason: "the stream of an engine's results is capturing, and a run that waits for it would be captured; end \
                         the capture"
                    .to_owned(),
            }));
        }
        for (shape, &node) in shapes.zip(pipeline.output_nodes()) {
            let buffer = memory.allocate(shape.bytes() * most, home);
            let buffer = buffer.map_err(|source| PipelineError::Memory {
                owner: pipeline.owner(Source::Node(node)),
                purpose: format!("{most} image(s) of {shape}, results in device memory"),
                source,
            })?;
            let layout = BatchLayout::tight(shape, frames);
            let tensor = DeviceTensor::new(buffer, layout, memory);
            self.tensors
                .push(tensor.expect("the layout was planned, and blocks are aligned"));
        }
        Ok(())
    }

    /// The tensors for a run that writes them. Until [`DeviceResults::complete`] they are not reused before the device is
    /// idle, whatever becomes of this value.
    pub(super) fn written(&mut self) -> &[DeviceTensor] {
        self.is_written = true;
        &self.tensors
    }

    /// Notes that the run is complete, as the caller has seen by waiting for it.
    pub(super) fn complete(&mut self) {
        self.is_written = false;
    }

    /// The tensors of a complete batch.
    pub(super) fn tensors(&self) -> &[DeviceTensor] {
        &self.tensors
    }

    /// Takes the tensors of a complete batch out.
    pub(super) fn take(&mut self) -> Vec<DeviceTensor> {
        std::mem::take(&mut self.tensors)
    }
}

impl Drop for DeviceResults {
    fn drop(&mut self) {
        if self.is_written {
            for tensor in &self.tensors {
                tensor.mark_unordered();
            }
        }
    }
}
