//! The tables of image descriptors of one batch, in page-locked memory.
//!
//! Kernels read a table there: it has a few kilobytes, and a copy to the device takes longer than the reads, since it is work of its
//! own before every launch. Where the system gives ordinary memory in place of page-locked memory, which a GPU cannot address, the
//! tables are copied to the memory of the plan.

use crate::error::PipelineError;
use crate::inputs::Input;
use crate::lane::staging::{Chunk, Staging, no_room};
use crate::pipeline::node::Source;
use crate::plan::PipelinePlan;
use crate::plan::bound::BoundPlan;
use crate::plan::mixed::TableOrInput;
use pixelflume_device::{DeviceError, Stream};
use pixelflume_memory::{DeviceBuffer, MemoryError, MemoryManager, PinnedBuffer};
use pixelflume_ops::ImageBatch;
use pixelflume_ops::mixed::ImageDescriptor;
use std::ops::Range;

const DESCRIPTOR_BYTES: usize = size_of::<ImageDescriptor>();

/// The inputs of a lane's pipelines that are tables of descriptors; by default none.
#[derive(Clone, Debug, Default)]
pub(crate) struct TableInputs {
    /// For each input the number of its table, where it is one.
    tables: Box<[Option<usize>]>,
    /// Whether tables are copied to the device wherever they could be read in place.
    copied: bool,
}

impl TableInputs {
    /// The tables among the inputs of a derived pipeline.
    pub(crate) fn new(sources: &[TableOrInput], copied: bool) -> Self {
        let table = |source: &TableOrInput| match *source {
            TableOrInput::Table(table) => Some(table),
            TableOrInput::Input(_) => None,
        };
        TableInputs {
            tables: sources.iter().map(table).collect(),
            copied,
        }
    }

    /// The number of the table that an input is; `None` for an input of images.
    pub(crate) fn table(&self, input: usize) -> Option<usize> {
        self.tables.get(input).copied().flatten()
    }

    /// The number of tables.
    pub(crate) fn count(&self) -> usize {
        self.tables.iter().flatten().count()
    }
}

/// The memory of the tables, one behind the other. It is kept from batch to batch.
#[derive(Debug, Default)]
pub(crate) struct DescriptorTables {
    buffer: Option<PinnedBuffer>,
    /// Whether kernels read the tables in `buffer`.
    in_place: bool,
    /// Descriptors of each table.
    capacity: usize,
}

impl DescriptorTables {
    /// Makes room for tables of `capacity` descriptors each. Where there is too little, those so far are lost.
    pub(crate) fn make_room(
        &mut self,
        inputs: &TableInputs,
        capacity: usize,
        memory: &MemoryManager,
    ) -> Result<(), MemoryError> {
        self.capacity = capacity;
        let bytes = inputs.count() * capacity * DESCRIPTOR_BYTES;
        if self.bytes() < bytes {
            // The old one goes first, so that its memory can be used for the new one.
            self.buffer = None;
            let buffer = memory.pinned(bytes)?;
            self.in_place = !inputs.copied && buffer.is_readable_by_kernels();
            self.buffer = Some(buffer);
        }
        Ok(())
    }

    /// Bytes of all tables.
    pub(crate) fn bytes(&self) -> usize {
        self.buffer.as_ref().map_or(0, PinnedBuffer::len)
    }

    /// The bytes of some descriptors of a table, to be written, after waiting for the run that read them last.
    pub(crate) fn bytes_mut(
        &mut self,
        table: usize,
        frames: Range<usize>,
    ) -> Result<&mut [u8], MemoryError> {
        let bytes = self.range(table, frames);
        let buffer = self.buffer.as_mut();
        let buffer = buffer.expect("tables are written after room was made for them");
        Ok(&mut buffer.as_mut_slice()?[bytes])
    }

    /// The first `frames` descriptors of a table, where kernels read them in place; `None` where they are copied to the memory of the
    /// plan.
    pub(crate) fn in_place(&self, table: usize, frames: usize) -> Option<ImageBatch> {
        let buffer = self.buffer.as_ref().filter(|_| self.in_place)?;
        let base = buffer.address().offset(self.range(table, 0..0).start);
        let frames = u32::try_from(frames).expect("a chunk is no larger than the largest batch");
        Some(ImageBatch::tight(ImageDescriptor::SHAPE, frames, base))
    }

    /// Starts to copy the first `frames` descriptors of a table to a device buffer, from byte `at` on, in the order of `stream`, unless
    /// kernels read them in place.
    fn upload(
        &mut self,
        table: usize,
        frames: usize,
        (target, at): (&mut DeviceBuffer, usize),
        stream: &Stream,
    ) -> Result<(), MemoryError> {
        let bytes = self.range(table, 0..frames);
        match self.buffer.as_mut().filter(|_| !self.in_place) {
            Some(buffer) => target.upload(at, buffer, bytes, stream),
            None => Ok(()),
        }
    }

    /// Lets the next write wait for the present work of `stream`, where kernels read the tables in place.
    pub(crate) fn order_after(&mut self, stream: &Stream) -> Result<(), DeviceError> {
        match self.buffer.as_mut().filter(|_| self.in_place) {
            Some(buffer) => buffer.order_after(stream),
            None => Ok(()),
        }
    }

    /// Marks the tables as used by work that nothing orders.
    pub(crate) fn mark_unordered(&self) {
        if let Some(buffer) = &self.buffer {
            buffer.mark_unordered();
        }
    }

    /// Frees the memory; returns whether there was any.
    pub(crate) fn clear(&mut self) -> bool {
        self.buffer.take().is_some()
    }

    fn range(&self, table: usize, frames: Range<usize>) -> Range<usize> {
        let first = table * self.capacity;
        (first + frames.start) * DESCRIPTOR_BYTES..(first + frames.end) * DESCRIPTOR_BYTES
    }
}

impl Staging {
    /// Writes the descriptors of a chunk, which are frames of an input in ordinary memory, to their table.
    pub(crate) fn write_table(
        &mut self,
        plan: &PipelinePlan,
        (inputs, index, table): (&TableInputs, usize, usize),
        input: &Input<'_>,
        chunk: &Chunk,
        memory: &MemoryManager,
    ) -> Result<(), PipelineError> {
        let source = Source::Input(index);
        let room = (self.tables).make_room(inputs, plan.capacity() as usize, memory);
        room.map_err(|error| no_room(plan, source, chunk, error))?;
        let bytes = self.tables.bytes_mut(table, 0..chunk.frames.len());
        let bytes =
            bytes.map_err(|error| plan.pipeline().copy_failed(chunk.upload(), source, error))?;
        // A frame is one row.
        input.pack(chunk.frames.clone(), bytes, <[u8]>::copy_from_slice);
        Ok(())
    }

    /// Starts to copy the table of an input to the memory of the plan, in the order of `stream`, unless kernels read it in place.
    pub(crate) fn upload_table(
        &mut self,
        plan: &mut BoundPlan,
        (index, table): (usize, usize),
        chunk: &Chunk,
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        let source = Source::Input(index);
        let target = plan.buffer_mut(source);
        let copied = (self.tables).upload(table, chunk.frames.len(), target, stream);
        copied.map_err(|error| {
            let pipeline = plan.plan().pipeline();
            pipeline.copy_failed(chunk.upload(), source, error)
        })
    }
}
