//! A pipeline made ready for one set of shapes on one device.

use crate::PipelineError;
use crate::layout::{BufferPlan, Slot};
use crate::pipeline::{Pipeline, Shapes, Source};
use pixelflume_device::{Address, Launch, Stream};
use pixelflume_memory::{DeviceBuffer, MemoryError, MemoryManager};
use pixelflume_ops::{Binding, Code, ImageBatch, ImageShape, Plan};
use std::sync::Arc;

/// A [`Pipeline`] compiled for input shapes, a device and a batch capacity: shapes, operator plans, memory, and the
/// complete launches of every node. Running it looks nothing up and allocates nothing.
#[derive(Debug)]
pub struct ExecutionPlan {
    pipeline: Pipeline,
    shapes: Shapes,
    plans: Vec<Arc<dyn Plan>>,
    codes: Vec<Vec<Code>>,
    layout: BufferPlan,
    blocks: Vec<DeviceBuffer>,
    capacity: u32,
    /// The batch size that `launches` are for; 0 before the first.
    bound: u32,
    /// By index of the node.
    launches: Vec<Vec<Launch>>,
    /// The inputs of the node that is being bound; kept, so that binding allocates nothing.
    scratch: Vec<ImageBatch>,
    /// By index of the node: where its tables lie, or null.
    tables: Vec<Address>,
}

impl ExecutionPlan {
    /// Compiles `pipeline` for inputs of these shapes and batches of up to `capacity` images. The memory belongs to
    /// `stream`; runs are to be ordered on it.
    ///
    /// # Errors
    /// A node cannot take what its inputs give, the device refuses a kernel, or there is not enough memory.
    pub fn compile(
        pipeline: &Pipeline,
        memory: &MemoryManager,
        stream: &Stream,
        inputs: &[ImageShape],
        capacity: u32,
    ) -> Result<Self, PipelineError> {
        if capacity == 0 {
            let expected = "a batch has at least 1 image";
            return Err(PipelineError::Setting {
                setting: "capacity",
                got: 0,
                expected,
            });
        }
        let device = memory.device();
        let (shapes, plans) = pipeline.plan(inputs)?;
        let layout = BufferPlan::new(pipeline, &shapes, &plans, device, capacity)?;
        let codes = plans
            .iter()
            .map(|plan| Arc::clone(plan).code(device))
            .collect::<Result<_, _>>()?;
        let out_of_memory = |source| PipelineError::Memory {
            purpose: format!(
                "pipeline \"{}\" needs {} bytes for batches of {capacity} image(s) of {}",
                pipeline.name(),
                layout.bytes(),
                inputs
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join(", "),
            ),
            source,
        };
        let blocks = layout
            .blocks
            .iter()
            .map(|&bytes| memory.allocate(bytes, stream));
        let blocks = blocks
            .collect::<Result<Vec<_>, _>>()
            .map_err(out_of_memory)?;
        let tables =
            upload_tables(&plans, &layout, &blocks, memory, stream).map_err(out_of_memory)?;
        Ok(ExecutionPlan {
            launches: plans.iter().map(|_| Vec::new()).collect(),
            pipeline: pipeline.clone(),
            shapes,
            plans,
            codes,
            layout,
            blocks,
            capacity,
            bound: 0,
            scratch: Vec::new(),
            tables,
        })
    }

    /// The pipeline.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The shapes of inputs and nodes.
    pub fn shapes(&self) -> &Shapes {
        &self.shapes
    }

    /// The most images of a batch.
    pub fn capacity(&self) -> u32 {
        self.capacity
    }

    /// The memory.
    pub fn layout(&self) -> &BufferPlan {
        &self.layout
    }

    /// The images of a source, for a batch of `batch`.
    pub fn images(&self, source: Source, batch: u32) -> ImageBatch {
        let slot = self.layout.of(source);
        let base = self.blocks[slot.block].address().offset(slot.offset);
        ImageBatch::tight(self.shapes.of(source), batch, base)
    }

    /// The block and the offset in it of a source's images.
    pub(crate) fn buffer(&self, source: Source) -> (&DeviceBuffer, usize) {
        let slot = self.layout.of(source);
        (&self.blocks[slot.block], slot.offset)
    }

    /// Makes the launches for a batch of `batch` images, from 1 to the capacity; they are kept until another size is
    /// asked for. Allocates nothing but at first.
    ///
    /// # Panics
    /// When `batch` is 0 or above the capacity.
    pub fn bind(&mut self, batch: u32) -> &[Vec<Launch>] {
        assert!(
            (1..=self.capacity).contains(&batch),
            "a batch of {batch} for a capacity of {}",
            self.capacity
        );
        if self.bound != batch {
            // Invalid until all nodes are bound.
            self.bound = 0;
            for index in 0..self.plans.len() {
                self.bind_node(index, batch);
            }
            self.bound = batch;
        }
        &self.launches
    }

    fn bind_node(&mut self, index: usize, batch: u32) {
        let mut inputs = std::mem::take(&mut self.scratch);
        inputs.clear();
        let sources = self.pipeline.nodes()[index].sources();
        inputs.extend(sources.iter().map(|&source| self.images(source, batch)));
        let workspace = self.layout.workspaces[index];
        let binding = Binding {
            inputs: &inputs,
            output: self.images(Source::Node(index), batch),
            tables: self.tables[index],
            workspace: workspace.map_or(Address::NULL, |slot| address(&self.blocks, slot)),
        };
        let launches = &mut self.launches[index];
        launches.clear();
        self.plans[index].bind(&self.codes[index], &binding, launches);
        self.scratch = inputs;
    }
}

fn address(blocks: &[DeviceBuffer], slot: Slot) -> Address {
    blocks[slot.block].address().offset(slot.offset)
}

/// Copies the tables of all nodes to the device at once; the addresses, by index of the node. The host reads the plans
/// themselves.
fn upload_tables(
    plans: &[Arc<dyn Plan>],
    layout: &BufferPlan,
    blocks: &[DeviceBuffer],
    memory: &MemoryManager,
    stream: &Stream,
) -> Result<Vec<Address>, MemoryError> {
    let addresses = layout
        .tables
        .iter()
        .map(|slot| slot.map_or(Address::NULL, |slot| address(blocks, slot)));
    let addresses: Vec<Address> = addresses.collect();
    let Some(block) = layout.tables.iter().flatten().next().map(|slot| slot.block) else {
        return Ok(addresses);
    };
    let bytes = layout.blocks[block];
    let mut staging = memory.pinned(bytes)?;
    let target = staging.as_mut_slice()?;
    for (plan, slot) in plans.iter().zip(&layout.tables) {
        if let Some(slot) = slot {
            target[slot.offset..slot.offset + slot.bytes].copy_from_slice(plan.tables());
        }
    }
    blocks[block].upload(0, &mut staging, 0..bytes, stream)?;
    Ok(addresses)
}
