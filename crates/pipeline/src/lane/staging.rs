//! Page-locked memory between ordinary memory and the device, and the copies between the two.

use crate::error::PipelineError;
use crate::error::copy::CopyName;
use crate::inputs::Input;
use crate::outputs::Output;
use crate::pipeline::node::Source;
use crate::plan::PipelinePlan;
use crate::plan::bound::BoundPlan;
use pixelflume_device::Stream;
use pixelflume_memory::{MemoryManager, PinnedBuffer};
use pixelflume_ops::ImageShape;
use std::ops::Range;

/// The frames of one run: all frames of an execution, or a part of them where there are more than in the
/// largest batch.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    /// Number of the batch.
    pub(crate) batch: u64,
    /// Indices of the frames; at least one.
    pub(crate) frames: Range<usize>,
}

impl Chunk {
    /// The name of the copies of inputs to the device, in errors.
    pub(crate) fn upload(&self) -> CopyName {
        CopyName::Upload {
            batch: self.batch,
            frames: self.frames.len(),
        }
    }

    /// The name of the copies of outputs from the device, in errors.
    pub(crate) fn download(&self) -> CopyName {
        CopyName::Download {
            batch: self.batch,
            frames: self.frames.len(),
        }
    }
}

/// One buffer per input and output of a pipeline, kept from batch to batch and from shape to shape.
#[derive(Debug, Default)]
pub(crate) struct Staging {
    inputs: Vec<Option<PinnedBuffer>>,
    outputs: Vec<Option<PinnedBuffer>>,
}

impl Staging {
    pub(crate) fn new(inputs: usize, outputs: usize) -> Self {
        let none = |count| std::iter::repeat_with(|| None).take(count).collect();
        Staging {
            inputs: none(inputs),
            outputs: none(outputs),
        }
    }

    /// Frees all buffers; returns whether there were any.
    pub(crate) fn clear(&mut self) -> bool {
        let mut any = false;
        for buffer in self.inputs.iter_mut().chain(&mut self.outputs) {
            any |= buffer.take().is_some();
        }
        any
    }

    /// Allocates the input buffers for the largest batch of a plan, for frames that are written in
    /// place.
    pub(crate) fn allocate_inputs(
        &mut self,
        plan: &PipelinePlan,
        memory: &MemoryManager,
    ) -> Result<(), PipelineError> {
        for (index, buffer) in self.inputs.iter_mut().enumerate() {
            let source = Source::Input(index);
            let bytes = plan.shapes().of(source).bytes() * plan.capacity() as usize;
            let new = memory.pinned(bytes).map_err(|error| PipelineError::Memory {
                owner: plan.pipeline().owner(source),
                purpose: "frames in page-locked memory".to_owned(),
                source: error,
            });
            *buffer = Some(new?);
        }
        Ok(())
    }

    /// Bytes of all input buffers.
    pub(crate) fn input_bytes(&self) -> usize {
        self.inputs.iter().flatten().map(PinnedBuffer::len).sum()
    }

    /// The buffer of an input that [`Staging::allocate_inputs`] has made.
    pub(crate) fn input_mut(&mut self, index: usize) -> &mut PinnedBuffer {
        let buffer = self.inputs[index].as_mut();
        buffer.expect("the buffers of inputs were allocated")
    }

    /// Packs frames of an input into its buffer.
    pub(crate) fn pack(
        &mut self,
        plan: &PipelinePlan,
        index: usize,
        input: &Input<'_>,
        chunk: &Chunk,
        memory: &MemoryManager,
    ) -> Result<(), PipelineError> {
        let source = Source::Input(index);
        let bytes = plan.shapes().of(source).bytes() * chunk.frames.len();
        let staging = of_size(&mut self.inputs[index], bytes, plan, source, chunk, memory)?;
        let target = staging
            .as_mut_slice()
            .map_err(|error| plan.pipeline().copy_failed(chunk.upload(), source, error))?;
        input.pack(chunk.frames.clone(), &mut target[..bytes]);
        Ok(())
    }

    /// Starts to copy the buffer of an input to the device, in the order of `stream`.
    pub(crate) fn upload(
        &mut self,
        plan: &mut BoundPlan,
        index: usize,
        chunk: &Chunk,
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        let source = Source::Input(index);
        let bytes = plan.plan().shapes().of(source).bytes() * chunk.frames.len();
        let (buffer, offset) = plan.buffer_mut(source);
        let copied = buffer.upload(offset, self.input_mut(index), 0..bytes, stream);
        copied.map_err(|error| {
            let pipeline = plan.plan().pipeline();
            pipeline.copy_failed(chunk.upload(), source, error)
        })
    }

    /// Starts to copy an output from the device to its buffer, in the order of `stream`.
    pub(crate) fn download(
        &mut self,
        plan: &BoundPlan,
        output: usize,
        chunk: &Chunk,
        memory: &MemoryManager,
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        let source = Source::Node(plan.plan().pipeline().output_nodes()[output]);
        let bytes = plan.plan().shapes().of(source).bytes() * chunk.frames.len();
        let buffer = &mut self.outputs[output];
        let staging = of_size(buffer, bytes, plan.plan(), source, chunk, memory)?;
        download(plan, output, chunk, staging, 0, stream)
    }

    /// Waits for the download of an output, and puts the frames into their place.
    pub(crate) fn collect(
        &mut self,
        plan: &PipelinePlan,
        output: usize,
        chunk: &Chunk,
        mut target: Output<'_>,
    ) -> Result<(), PipelineError> {
        let Some(staging) = &mut self.outputs[output] else {
            return Ok(());
        };
        let source = Source::Node(plan.pipeline().output_nodes()[output]);
        let shape: ImageShape = plan.shapes().of(source);
        let bytes = staging
            .as_slice()
            .map_err(|error| plan.pipeline().copy_failed(chunk.download(), source, error))?;
        let bytes = &bytes[..shape.bytes() * chunk.frames.len()];
        target.unpack(shape, chunk.frames.start, bytes);
        Ok(())
    }
}

/// Starts to copy an output from the device to page-locked memory, from byte `at` on, in the order of `stream`.
pub(crate) fn download(
    plan: &BoundPlan,
    output: usize,
    chunk: &Chunk,
    target: &mut PinnedBuffer,
    at: usize,
    stream: &Stream,
) -> Result<(), PipelineError> {
    let pipeline = plan.plan().pipeline();
    let source = Source::Node(pipeline.output_nodes()[output]);
    let bytes = plan.plan().shapes().of(source).bytes() * chunk.frames.len();
    let (buffer, offset) = plan.buffer(source);
    let copied = buffer.download(offset, target, at..at + bytes, stream);
    copied.map_err(|error| pipeline.copy_failed(chunk.download(), source, error))
}

/// The buffer, replaced by one for the largest batch of the plan where it is too small, so that batches grow up to that
/// without another allocation.
fn of_size<'a>(
    buffer: &'a mut Option<PinnedBuffer>,
    bytes: usize,
    plan: &PipelinePlan,
    source: Source,
    chunk: &Chunk,
    memory: &MemoryManager,
) -> Result<&'a mut PinnedBuffer, PipelineError> {
    if buffer.as_ref().is_none_or(|buffer| buffer.len() < bytes) {
        // The old one goes first, so that its memory can be used for the new one.
        *buffer = None;
        let largest = plan.arena().of(source).bytes;
        let new = memory.pinned(largest.max(bytes));
        *buffer = Some(new.map_err(|error| PipelineError::Memory {
            owner: plan.pipeline().owner(source),
            purpose: format!(
                "copies of {} image(s) of {}, in page-locked memory",
                chunk.frames.len(),
                plan.shapes().of(source)
            ),
            source: error,
        })?);
    }
    Ok(buffer.as_mut().expect("it was just filled"))
}

#[cfg(test)]
pub(crate) mod tests;
