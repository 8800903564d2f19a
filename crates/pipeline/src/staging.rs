//! Page-locked memory between images and the device.

use crate::PipelineError;
use crate::compiled::Compiled;
use crate::io::{Input, Output};
use crate::node::Source;
use pixelflume_device::Stream;
use pixelflume_memory::{MemoryError, MemoryManager, PinnedBuffer};
use pixelflume_ops::ImageShape;
use std::ops::Range;

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
        plan: &Compiled,
        index: usize,
        input: &Input<'_>,
        frames: Range<usize>,
        memory: &MemoryManager,
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        let source = Source::Input(index);
        let (shape, batch) = (plan.shapes().of(source), frames.len());
        let mut copy = || {
            let bytes = shape.bytes() * batch;
            let staging = of_size(&mut self.inputs[index], bytes, plan, source, memory)?;
            input.pack(frames.clone(), &mut staging.as_mut_slice()?[..bytes]);
            let (buffer, offset) = plan.buffer(source);
            buffer.upload(offset, staging, 0..bytes, stream)
        };
        copy().map_err(|error| failed("copying to the device", plan, source, batch, error))
    }

    /// Starts to copy an output from the device, in the order of `stream`.
    pub(crate) fn download(
        &mut self,
        plan: &Compiled,
        output: usize,
        batch: usize,
        memory: &MemoryManager,
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        let source = Source::Node(plan.pipeline().output_nodes()[output]);
        let mut copy = || {
            let bytes = plan.shapes().of(source).bytes() * batch;
            let staging = of_size(&mut self.outputs[output], bytes, plan, source, memory)?;
            let (buffer, offset) = plan.buffer(source);
            buffer.download(offset, staging, 0..bytes, stream)
        };
        copy().map_err(|error| failed("copying from the device", plan, source, batch, error))
    }

    /// Waits for the images of an output and puts them into place, as frames from `first` on.
    pub(crate) fn collect(
        &mut self,
        plan: &Compiled,
        output: usize,
        first: usize,
        batch: usize,
        mut target: Output<'_>,
    ) -> Result<(), PipelineError> {
        let Some(staging) = &mut self.outputs[output] else {
            return Ok(());
        };
        let source = Source::Node(plan.pipeline().output_nodes()[output]);
        let shape: ImageShape = plan.shapes().of(source);
        let bytes = staging
            .as_slice()
            .map_err(|error| failed("copying from the device", plan, source, batch, error))?;
        target.unpack(shape, first, &bytes[..shape.bytes() * batch]);
        Ok(())
    }
}

fn failed(
    what: &str,
    plan: &Compiled,
    owner: Source,
    batch: usize,
    source: MemoryError,
) -> PipelineError {
    PipelineError::Memory {
        owner: plan.pipeline().owner(owner),
        purpose: format!("{what}: {batch} image(s) of {}", plan.shapes().of(owner)),
        source,
    }
}

/// The buffer, replaced by one for the largest batch of the plan where it is too small: batches may grow up to that
/// without another allocation.
fn of_size<'a>(
    buffer: &'a mut Option<PinnedBuffer>,
    bytes: usize,
    plan: &Compiled,
    source: Source,
    memory: &MemoryManager,
) -> Result<&'a mut PinnedBuffer, MemoryError> {
    if buffer.as_ref().is_none_or(|buffer| buffer.len() < bytes) {
        // The old one goes first, so that its memory can be used for the new one.
        *buffer = None;
        let largest = plan.arena().of(source).bytes;
        *buffer = Some(memory.pinned(largest.max(bytes))?);
    }
    Ok(buffer.as_mut().expect("it was just filled"))
}
