//! The memory of a batch's results: page-locked, or on the device.

use crate::error::PipelineError;
use crate::image::tensor::DeviceTensor;
use crate::pipeline::Pipeline;
use crate::pipeline::node::Source;
use pixelflume_device::{DeviceError, Stream};
use pixelflume_memory::{MemoryManager, PinnedBuffer};
use pixelflume_ops::ImageShape;
use pixelflume_ops::image::layout::BatchLayout;

/// The place of a batch's results.
pub(super) enum ResultPlace {
    /// A range of the engine's arena, to which all outputs are copied.
    Pinned(PinnedBuffer),
    /// Device memory, which the plan writes.
    Device(DeviceResults),
}

/// Device memory for the results of a batch, one tensor for each output, which serves one batch after the other.
pub(super) struct DeviceResults {
    /// The home stream of the tensors. The engine puts nothing into it: it is ordered behind the work of consumers, and so is the
    /// next batch in these tensors, and a consumer never waits for a later batch.
    home: Stream,
    /// Empty before the first batch, and after the tensors were given away.
    tensors: Vec<DeviceTensor>,
    /// Whether a run may be writing the tensors, which their home stream does not know of.
    is_written: bool,
}

impl DeviceResults {
    /// A place without memory.
    pub(super) fn new(home: Stream) -> Self {
        DeviceResults {
            home,
            tensors: Vec::new(),
            is_written: false,
        }
    }

    /// Prepares the tensors for a batch of `frames` frames; allocates them where there are none, for batches of `most` frames.
    pub(super) fn prepare(
        &mut self,
        pipeline: &Pipeline,
        shapes: &[ImageShape],
        (frames, most): (usize, usize),
        memory: &MemoryManager,
    ) -> Result<(), PipelineError> {
        if self.home.is_capturing()? {
            return Err(PipelineError::Device(DeviceError::Capture {
                reason: "the stream of an engine's results is capturing, and a run that waits for it would be captured; end \
                         the capture"
                    .to_owned(),
            }));
        }
        let nodes = pipeline.output_nodes();
        for &node in &nodes[self.tensors.len()..] {
            let shape = shapes[node];
            let buffer = memory.allocate(shape.bytes() * most, &self.home);
            let buffer = buffer.map_err(|source| PipelineError::Memory {
                owner: pipeline.owner(Source::Node(node)),
                purpose: format!("results in device memory, {most} image(s) of {shape}"),
                source,
            })?;
            let tensor = DeviceTensor::new(buffer, BatchLayout::tight(shape, most), memory);
            self.tensors
                .push(tensor.expect("the layout was planned, and blocks are aligned"));
        }
        for tensor in &mut self.tensors {
            tensor.set_frames(frames);
        }
        Ok(())
    }

    /// The tensors for a run that writes them. Until [`DeviceResults::complete`] they are not used again before the device is
    /// idle, whatever becomes of this value.
    pub(super) fn written(&mut self) -> &[DeviceTensor] {
        self.is_written = true;
        &self.tensors
    }

    /// Notes that the run is complete, as the caller has seen by waiting for it.
    pub(super) fn complete(&mut self) {
        self.is_written = false;
    }

    /// Marks tensors that a run may still be writing, so that their next use waits for the device.
    pub(super) fn give_up(&mut self) {
        if std::mem::take(&mut self.is_written) {
            for tensor in &self.tensors {
                tensor.mark_unordered();
            }
        }
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
        self.give_up();
    }
}
