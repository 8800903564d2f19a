//! Page-locked memory between images and the device.

use crate::PipelineError;
use crate::compiled::Compiled;
use crate::copies::CopyName;
use crate::io::{Input, Output};
use crate::node::Source;
use pixelflume_device::Stream;
use pixelflume_memory::{MemoryManager, PinnedBuffer};
use pixelflume_ops::ImageShape;
use std::ops::Range;

/// The frames that one run takes, of those that were given.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    /// Number of the batch that they are.
    pub(crate) batch: u64,
    /// Their indices; at least one.
    pub(crate) frames: Range<usize>,
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

    /// Gives all memory back; whether there was any.
    pub(crate) fn clear(&mut self) -> bool {
        let mut any = false;
        for buffer in self.inputs.iter_mut().chain(&mut self.outputs) {
            any |= buffer.take().is_some();
        }
        any
    }

    /// Copies frames of an input to the device, in the order of `stream`.
    pub(crate) fn upload(
        &mut self,
        plan: &mut Compiled,
        index: usize,
        input: &Input<'_>,
        chunk: &Chunk,
        memory: &MemoryManager,
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        let source = Source::Input(index);
        let batch = chunk.frames.len();
        let bytes = plan.shapes().of(source).bytes() * batch;
        let staging = of_size(&mut self.inputs[index], bytes, plan, source, batch, memory)?;
        let mut copy = || {
            input.pack(chunk.frames.clone(), &mut staging.as_mut_slice()?[..bytes]);
            let (buffer, offset) = plan.buffer_mut(source);
            buffer.upload(offset, staging, 0..bytes, stream)
        };
        let name = CopyName::Upload {
            batch: chunk.batch,
            frames: batch,
        };
        copy().map_err(|error| name.failed(plan.pipeline(), source, error))
    }

    /// Starts to copy an output from the device, in the order of `stream`.
    pub(crate) fn download(
        &mut self,
        plan: &Compiled,
        output: usize,
        chunk: &Chunk,
        memory: &MemoryManager,
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        let source = Source::Node(plan.pipeline().output_nodes()[output]);
        let batch = chunk.frames.len();
        let bytes = plan.shapes().of(source).bytes() * batch;
        let staging = of_size(
            &mut self.outputs[output],
            bytes,
            plan,
            source,
            batch,
            memory,
        )?;
        let (buffer, offset) = plan.buffer(source);
        buffer
            .download(offset, staging, 0..bytes, stream)
            .map_err(|error| download(chunk).failed(plan.pipeline(), source, error))
    }

    /// Waits for the images of an output and puts them into place.
    pub(crate) fn collect(
        &mut self,
        plan: &Compiled,
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
            .map_err(|error| download(chunk).failed(plan.pipeline(), source, error))?;
        let bytes = &bytes[..shape.bytes() * chunk.frames.len()];
        target.unpack(shape, chunk.frames.start, bytes);
        Ok(())
    }
}

fn download(chunk: &Chunk) -> CopyName {
    CopyName::Download {
        batch: chunk.batch,
        frames: chunk.frames.len(),
    }
}

/// The buffer, replaced by one for the largest batch of the plan where it is too small: batches may grow up to that
/// without another allocation.
fn of_size<'a>(
    buffer: &'a mut Option<PinnedBuffer>,
    bytes: usize,
    plan: &Compiled,
    source: Source,
    batch: usize,
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
                "copies of {batch} image(s) of {}, in page-locked memory",
                plan.shapes().of(source)
            ),
            source: error,
        })?);
    }
    Ok(buffer.as_mut().expect("it was just filled"))
}

#[cfg(test)]
pub(crate) mod tests;
