//! Where the images of an execution lie: pure data, computed before anything is allocated.

use crate::PipelineError;
use crate::image::checked_bytes;
use crate::pipeline::{Pipeline, Shapes, Source};
use pixelflume_device::{Device, DeviceKind};
use pixelflume_ops::Plan;
use std::sync::Arc;

/// What every slot is aligned to, in bytes.
pub(crate) const ALIGNMENT: usize = 512;

/// The memory of one execution plan: blocks to allocate, and which part of which block each use gets.
///
/// At present each input, each node's output and each workspace has a block of its own, and the tables share one.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct BufferPlan {
    /// Bytes of each block.
    pub blocks: Vec<usize>,
    /// By index of the input: where its images lie.
    pub inputs: Vec<Slot>,
    /// By index of the node: where its output lies.
    pub outputs: Vec<Slot>,
    /// By index of the node: its constant tables; `None` where it has none.
    pub tables: Vec<Option<Slot>>,
    /// By index of the node: its scratch memory; `None` where it needs none.
    pub workspaces: Vec<Option<Slot>>,
}

/// A part of a block.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Slot {
    /// Index of the block.
    pub block: usize,
    /// Where the part begins, in bytes.
    pub offset: usize,
    /// How many bytes it has.
    pub bytes: usize,
}

impl BufferPlan {
    /// Plans the memory for batches of up to `capacity` images on `device`.
    pub(crate) fn new(
        pipeline: &Pipeline,
        shapes: &Shapes,
        plans: &[Arc<dyn Plan>],
        device: &Device,
        capacity: u32,
    ) -> Result<Self, PipelineError> {
        let mut layout = BufferPlan::default();
        let batch_bytes = |source: Source, owner: String| {
            let shape = shapes.of(source);
            let bytes = checked_bytes(&shape)
                .ok()
                .and_then(|bytes| bytes.checked_mul(capacity as usize));
            let fits = bytes.filter(|&bytes| isize::try_from(bytes).is_ok());
            fits.ok_or(PipelineError::TooLarge {
                owner,
                shape,
                batch: capacity,
            })
        };
        for (index, name) in pipeline.inputs().enumerate() {
            let bytes = batch_bytes(Source::Input(index), format!("input \"{name}\""))?;
            let slot = layout.block(bytes);
            layout.inputs.push(slot);
        }
        for (index, node) in pipeline.nodes().iter().enumerate() {
            let bytes = batch_bytes(Source::Node(index), format!("node \"{}\"", node.name()))?;
            let slot = layout.block(bytes);
            layout.outputs.push(slot);
        }
        for plan in plans {
            let bytes = plan.workspace_bytes(device, capacity);
            let slot = (bytes > 0).then(|| layout.block(bytes));
            layout.workspaces.push(slot);
        }
        let block = layout.blocks.len();
        let mut end: usize = 0;
        for plan in plans {
            // The host executor reads the plans themselves.
            let bytes = match device.kind() {
                DeviceKind::Host => 0,
                DeviceKind::Cuda => plan.tables().len(),
            };
            let offset = end.next_multiple_of(ALIGNMENT);
            layout.tables.push((bytes > 0).then(|| {
                end = offset + bytes;
                Slot {
                    block,
                    offset,
                    bytes,
                }
            }));
        }
        if end > 0 {
            layout.blocks.push(end);
        }
        Ok(layout)
    }

    fn block(&mut self, bytes: usize) -> Slot {
        self.blocks.push(bytes);
        Slot {
            block: self.blocks.len() - 1,
            offset: 0,
            bytes,
        }
    }

    /// Bytes of all blocks.
    pub fn bytes(&self) -> usize {
        self.blocks
            .iter()
            .fold(0, |sum, &bytes| sum.saturating_add(bytes))
    }

    /// Where the images of a source lie.
    pub fn of(&self, source: Source) -> Slot {
        match source {
            Source::Input(index) => self.inputs[index],
            Source::Node(index) => self.outputs[index],
        }
    }
}
