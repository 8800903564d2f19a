//! The description of a pipeline plan's memory, before any of it is allocated.

use crate::error::PipelineError;
use crate::pipeline::node::Source;
use crate::plan::PipelinePlan;
use crate::plan::placement::ALIGNMENT;
use pixelflume_device::{Address, Device, DeviceKind};
use pixelflume_ops::{Binding, ImageBatch, Plan};
use serde::Serialize;
use std::sync::Arc;

/// The device memory of one plan, and the bytes that one execution moves.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MemoryDescription {
    /// Frames of the batch that this describes.
    pub batch: u32,
    /// Bytes of the arena, the tables and the scratch memory.
    pub bytes: usize,
    /// Bytes of the arena, in which images share bytes that are never used at the same time.
    pub arena_bytes: usize,
    /// Bytes that the arena would take with one buffer per input and node.
    pub arena_bytes_unshared: usize,
    /// The parts of the memory.
    pub buffers: Vec<BufferDescription>,
    /// Bytes copied to the device for each batch.
    pub uploaded: usize,
    /// Bytes copied from the device for each batch.
    pub downloaded: usize,
    /// Bytes of images that nodes read and write for each batch: each input and output of a node once, without the images
    /// inside of fused chains.
    pub moved: usize,
    /// Launches of each batch, of all nodes together.
    pub launches: usize,
}

/// A part of the memory of a plan.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct BufferDescription {
    /// Name of the input or node that uses it.
    pub owner: String,
    /// `images`, `tables` or `workspace`.
    pub kind: &'static str,
    /// The block of memory that it is part of: 0 is the arena, 1 the constant tables, 2 the scratch memory.
    pub block: usize,
    /// Its offset in the block, in bytes.
    pub offset: usize,
    /// Its size, in bytes.
    pub bytes: usize,
    /// Names of inputs and nodes that use the same bytes at other times, the first 64 of them.
    pub shared_with: Vec<String>,
    /// The number of further ones.
    #[serde(skip_serializing_if = "is_zero")]
    pub more_shared: usize,
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

impl PipelinePlan {
    /// Describes the memory of the plan on `device`, and what each batch of the largest size moves and launches there.
    pub(crate) fn describe_memory(
        &self,
        device: &Device,
    ) -> Result<MemoryDescription, PipelineError> {
        let (pipeline, batch) = (&self.pipeline, self.capacity);
        let name = |source| pipeline.source_name(source).to_owned();
        let mut buffers = Vec::new();
        for (source, (shared, more)) in self.arena.sources().zip(self.arena.all_sharing()) {
            let range = self.arena.of(source);
            if range.bytes == 0 {
                continue;
            }
            buffers.push(BufferDescription {
                owner: name(source),
                kind: "images",
                block: 0,
                offset: range.offset,
                bytes: range.bytes,
                shared_with: shared.into_iter().map(name).collect(),
                more_shared: more,
            });
        }
        let mut bytes = self.arena.bytes();
        let tables = |plan: &Arc<dyn Plan>| match device.kind() {
            // The host executors read the operator plans themselves.
            DeviceKind::Host => 0,
            DeviceKind::Cuda => plan.tables().len(),
        };
        let workspace = |plan: &Arc<dyn Plan>| plan.workspace_bytes(device, batch);
        let by_node = |bytes: &dyn Fn(&Arc<dyn Plan>) -> usize| -> Vec<usize> {
            let launched = self.launched.iter();
            launched
                .map(|plan| plan.as_ref().map_or(0, bytes))
                .collect()
        };
        let (tables, workspaces) = (by_node(&tables), by_node(&workspace));
        for (block, kind, sizes) in [(1, "tables", tables), (2, "workspace", workspaces)] {
            let mut end = 0usize;
            for (index, bytes) in sizes.into_iter().enumerate() {
                if bytes == 0 {
                    continue;
                }
                let offset = end.next_multiple_of(ALIGNMENT);
                end = offset + bytes;
                buffers.push(BufferDescription {
                    owner: name(Source::Node(index)),
                    kind,
                    block,
                    offset,
                    bytes,
                    shared_with: Vec::new(),
                    more_shared: 0,
                });
            }
            bytes = bytes.saturating_add(end);
        }
        let of = |source: Source| self.shapes.of(source).bytes() * batch as usize;
        let moved = (0..pipeline.nodes().len()).filter_map(|index| {
            let sources = self.fusion.sources(pipeline, index)?;
            let read: usize = sources.iter().map(|&source| of(source)).sum();
            Some(read + of(Source::Node(index)))
        });
        Ok(MemoryDescription {
            batch,
            bytes,
            arena_bytes: self.arena.bytes(),
            arena_bytes_unshared: self.arena.bytes_unshared(),
            buffers,
            uploaded: (0..pipeline.inputs().len())
                .map(|input| of(Source::Input(input)))
                .sum(),
            downloaded: pipeline
                .output_nodes()
                .iter()
                .map(|&node| of(Source::Node(node)))
                .sum(),
            moved: moved.sum(),
            launches: self.count_launches(device)?,
        })
    }

    /// Makes the launches for placeholder addresses, and counts them.
    fn count_launches(&self, device: &Device) -> Result<usize, PipelineError> {
        let (pipeline, batch) = (&self.pipeline, self.capacity);
        // Not at null, and without sharing, so that no two images overlap.
        let mut end = ALIGNMENT as u64;
        let mut place = |bytes: usize| {
            let base = Address::new(end);
            end += bytes.next_multiple_of(ALIGNMENT) as u64;
            base
        };
        let images = |source| {
            let bytes = self.arena.of(source).bytes;
            (self.shapes.of(source), bytes)
        };
        let mut batch_of = |source| {
            let (shape, bytes) = images(source);
            ImageBatch::tight(shape, batch, place(bytes))
        };
        let mut launches = Vec::new();
        for (index, launched) in self.launched.iter().enumerate() {
            let (Some(plan), Some(sources)) = (launched, self.fusion.sources(pipeline, index))
            else {
                continue;
            };
            let code = Arc::clone(plan).code(device)?;
            let inputs: Vec<_> = sources.iter().map(|&s| batch_of(s)).collect();
            let binding = Binding {
                inputs: &inputs,
                output: batch_of(Source::Node(index)),
                tables: Address::new(ALIGNMENT as u64),
                workspace: Address::new(ALIGNMENT as u64),
            };
            plan.bind(&code, &binding, &mut launches);
        }
        Ok(launches.len())
    }
}
