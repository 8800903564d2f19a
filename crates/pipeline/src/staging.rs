//! Page-locked memory between images and the device.

use crate::execution::ExecutionPlan;
use crate::pipeline::Source;
use crate::{Image, PipelineError};
use pixelflume_device::Stream;
use pixelflume_memory::{MemoryError, MemoryManager, PinnedBuffer};
use pixelflume_ops::ImageShape;

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

    /// Gives all memory back.
    pub(crate) fn clear(&mut self) {
        self.inputs
            .iter_mut()
            .chain(&mut self.outputs)
            .for_each(|buffer| *buffer = None);
    }

    /// Copies the images of an input to the device, in the order of `stream`.
    pub(crate) fn upload(
        &mut self,
        plan: &ExecutionPlan,
        input: usize,
        images: &[&Image],
        memory: &MemoryManager,
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        let shape = plan.shapes().inputs[input];
        let mut copy = || {
            let bytes = shape.bytes() * images.len();
            let staging = of_size(&mut self.inputs[input], bytes, memory)?;
            let target = staging.as_mut_slice()?;
            for (target, image) in target.chunks_exact_mut(shape.bytes()).zip(images) {
                target.copy_from_slice(image.data());
            }
            let (buffer, offset) = plan.buffer(Source::Input(input));
            buffer.upload(offset, staging, 0..bytes, stream)
        };
        copy().map_err(|source| failed("copying to the device", shape, images.len(), source))
    }

    /// Starts to copy the images of an output from the device, in the order of `stream`.
    pub(crate) fn download(
        &mut self,
        plan: &ExecutionPlan,
        output: usize,
        batch: usize,
        memory: &MemoryManager,
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        let node = plan.pipeline().output_nodes()[output];
        let shape = plan.shapes().nodes[node];
        let mut copy = || {
            let bytes = shape.bytes() * batch;
            let staging = of_size(&mut self.outputs[output], bytes, memory)?;
            let (buffer, offset) = plan.buffer(Source::Node(node));
            buffer.download(offset, staging, 0..bytes, stream)
        };
        copy().map_err(|source| failed("copying from the device", shape, batch, source))
    }

    /// Waits for the images of an output and adds them to `images`.
    pub(crate) fn collect(
        &mut self,
        output: usize,
        shape: ImageShape,
        batch: usize,
        images: &mut Vec<Image>,
    ) -> Result<(), PipelineError> {
        let Some(staging) = &mut self.outputs[output] else {
            return Ok(());
        };
        let bytes = staging
            .as_slice()
            .map_err(|source| failed("copying from the device", shape, batch, source))?;
        for frame in bytes.chunks_exact(shape.bytes()).take(batch) {
            images.push(Image::new(shape, frame.to_vec())?);
        }
        Ok(())
    }
}

fn failed(what: &str, shape: ImageShape, batch: usize, source: MemoryError) -> PipelineError {
    PipelineError::Memory {
        purpose: format!("{what}: {batch} image(s) of {shape}"),
        source,
    }
}

/// The buffer, replaced by a larger one where it is too small.
fn of_size<'a>(
    buffer: &'a mut Option<PinnedBuffer>,
    bytes: usize,
    memory: &MemoryManager,
) -> Result<&'a mut PinnedBuffer, MemoryError> {
    if buffer.as_ref().is_none_or(|buffer| buffer.len() < bytes) {
        // The old one goes first, so that its memory can be used for the new one.
        *buffer = None;
        *buffer = Some(memory.pinned(bytes)?);
    }
    Ok(buffer.as_mut().expect("it was just filled"))
}
