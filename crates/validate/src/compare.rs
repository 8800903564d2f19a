//! Runs one operator on a device, with padding after every row and frame.
#![expect(unsafe_code, reason = "runs launches")]

use pixelflume::device::{Address, DeviceKind, Stream};
use pixelflume::memory::{DeviceBuffer, MemoryConfig, MemoryManager};
use pixelflume::ops::{Binding, ImageBatch, Plan};
use pixelflume::prelude::*;
use std::sync::Arc;

/// The padding of a batch.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Padding {
    /// Bytes after each row, rounded up to whole samples.
    pub(crate) row: usize,
    /// Bytes after each frame, rounded up to whole samples.
    pub(crate) frame: usize,
}

/// Describes `batch` padded images at the address `base`.
fn batch_at(shape: ImageShape, batch: u32, padding: Padding, base: Address) -> ImageBatch {
    // Pitch and stride are multiples of the sample size.
    let row_pitch = (shape.row_bytes() + padding.row).next_multiple_of(shape.sample.bytes());
    let gap = padding.frame.next_multiple_of(shape.sample.bytes());
    let batch_stride = row_pitch * shape.rows() + gap;
    ImageBatch {
        shape,
        batch,
        base,
        row_pitch,
        batch_stride,
    }
}

/// A device with its memory, which runs one operator at a time.
pub(crate) struct Bench {
    device: Device,
    memory: MemoryManager,
    stream: Stream,
}

impl Bench {
    pub(crate) fn new(device: &Device) -> anyhow::Result<Self> {
        let memory = MemoryManager::new(device, MemoryConfig::default());
        Ok(Bench {
            device: device.clone(),
            memory,
            stream: device.stream()?,
        })
    }

    /// The kind of the device.
    pub(crate) fn kind(&self) -> DeviceKind {
        self.device.kind()
    }

    /// Bytes in the memory of the device, for work that [`Bench::run`] submits.
    pub(crate) fn hold(&self, bytes: &[u8]) -> anyhow::Result<DeviceBuffer> {
        // Kernels may read the whole word of the last byte; initcheck would report the uninitialized rest of it.
        let whole = bytes.len().next_multiple_of(size_of::<u32>());
        let mut buffer = self.memory.allocate(whole, &self.stream)?;
        let mut pinned = self.memory.pinned(whole)?;
        let (data, rest) = pinned.as_mut_slice()?.split_at_mut(bytes.len());
        data.copy_from_slice(bytes);
        rest.fill(0);
        buffer.upload(0, &mut pinned, 0..whole, &self.stream)?;
        Ok(buffer)
    }

    pub(crate) fn input_bytes(shape: ImageShape, batch: u32, padding: Padding) -> usize {
        batch_at(shape, batch, padding, Address::NULL).span_bytes()
    }

    /// The layout of the output of `plan` in the bytes that [`Bench::run`] returns.
    pub(crate) fn output(plan: &Arc<dyn Plan>, batch: u32, padding: Padding) -> ImageBatch {
        batch_at(plan.output(), batch, padding, Address::NULL)
    }

    /// Runs `plan` over a batch of images. `input` has their bytes including padding; the result has the bytes of the output
    /// including padding, which held a pattern before.
    pub(crate) fn run(
        &self,
        plan: &Arc<dyn Plan>,
        shape: ImageShape,
        batch: u32,
        padding: Padding,
        input: &[u8],
    ) -> anyhow::Result<Vec<u8>> {
        self.run_inputs(plan, &[(shape, input)], batch, padding)
    }

    /// Like [`Bench::run`], for several inputs, each with its shape.
    pub(crate) fn run_inputs(
        &self,
        plan: &Arc<dyn Plan>,
        inputs: &[(ImageShape, &[u8])],
        batch: u32,
        padding: Padding,
    ) -> anyhow::Result<Vec<u8>> {
        let upload = |bytes: &[u8]| self.hold(bytes);
        let sources = inputs
            .iter()
            .map(|(_, bytes)| upload(bytes))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let output = Self::output(plan, batch, padding);
        let target = upload(&vec![0xa5; output.span_bytes()])?;
        let tables = upload(plan.tables())?;
        let workspace = self
            .memory
            .allocate(plan.workspace_bytes(&self.device, batch), &self.stream)?;
        let code = plan.clone().code(&self.device)?;
        let mut launches = Vec::new();
        let inputs: Vec<_> = inputs
            .iter()
            .zip(&sources)
            .map(|((shape, _), source)| batch_at(*shape, batch, padding, source.address()))
            .collect();
        let binding = Binding {
            inputs: &inputs,
            output: ImageBatch {
                base: target.address(),
                ..output
            },
            tables: tables.address(),
            workspace: workspace.address(),
        };
        plan.bind(&code, &binding, &mut launches);
        for launch in &launches {
            // SAFETY: the memory was allocated above as the plan requires it, for this stream, which is waited for below; if
            // waiting fails, the buffers are freed in the order of the stream.
            unsafe { self.stream.enqueue(launch, None) }?;
        }
        let mut result = self.memory.pinned(output.span_bytes())?;
        target.download(0, &mut result, 0..output.span_bytes(), &self.stream)?;
        self.stream.synchronize()?;
        Ok(result.as_slice()?.to_vec())
    }
}
