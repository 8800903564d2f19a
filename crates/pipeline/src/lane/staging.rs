//! Page-locked memory between ordinary memory and the device, and the copies between the two.
//!
//! A batch is copied in pieces ([`pieces`]), each through a page-locked buffer of its own. The calling thread and the copy
//! threads of the memory manager take the pieces in turn: a piece is uploaded as soon as it is filled ([`uploads`]), and a piece
//! that was downloaded is taken apart while the next one is transferred ([`arrivals`]). A small batch is one piece, which the
//! calling thread copies alone.

mod arrivals;
mod pieces;
pub(crate) mod tables;
mod threads;
mod uploads;

use crate::error::PipelineError;
use crate::error::copy::CopyName;
use crate::inputs::Input;
use crate::lane::pixels::{ALIGNMENT, DescribedImages, PixelBuffer};
use crate::lane::staging::arrivals::Arrivals;
use crate::lane::staging::pieces::Pieces;
use crate::lane::staging::tables::{DescriptorTables, TableInputs};
use crate::lane::staging::threads::{for_each, helpers};
use crate::lane::staging::uploads::Upload;
use crate::outputs::Output;
use crate::pipeline::node::Source;
use crate::plan::PipelinePlan;
use crate::plan::bound::BoundPlan;
use pixelflume_device::sync::Mutex;
use pixelflume_device::{Helpers, Stream};
use pixelflume_memory::{MemoryError, MemoryManager, PinnedBuffer};
use std::ops::Range;
use std::sync::atomic::AtomicBool;

/// The frames of one run: all frames of an execution, or a part of them where there are more than in the
/// largest batch.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    /// Number of the batch.
    pub(crate) batch: u64,
    /// Indices of the frames in the inputs of the run; at least one.
    pub(crate) frames: Range<usize>,
    /// The frames as failures name them: their numbers in what the caller gave, from the first to the last one.
    pub(crate) numbers: Range<usize>,
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

/// Frames that are copied between page-locked memory for a whole batch and a plan that executes a part of it.
#[derive(Copy, Clone, Debug)]
pub(crate) struct CopiedFrames {
    /// The number of the first one in page-locked memory.
    pub(crate) pinned: usize,
    /// The number of the first one in the memory of the plan.
    pub(crate) planned: usize,
    pub(crate) count: usize,
}

impl CopiedFrames {
    /// All frames of a batch that one plan executes.
    pub(crate) fn all(chunk: &Chunk) -> Self {
        CopiedFrames {
            pinned: 0,
            planned: 0,
            count: chunk.frames.len(),
        }
    }
}

/// The buffers of each input and output of a pipeline, kept from batch to batch and from shape to shape.
#[derive(Debug, Default)]
pub(crate) struct Staging {
    inputs: Vec<Vec<Mutex<PinnedBuffer>>>,
    outputs: Vec<Vec<Mutex<PinnedBuffer>>>,
    /// Buffers for the pixels of images of several sizes.
    pixels: Vec<Mutex<PinnedBuffer>>,
    /// The descriptors of such images.
    pub(crate) tables: DescriptorTables,
    /// For each piece, whether it is filled and was not sent, for the input that is uploaded.
    filled: Vec<AtomicBool>,
}

impl Staging {
    pub(crate) fn new(inputs: usize, outputs: usize) -> Self {
        let none = |count| std::iter::repeat_with(Vec::new).take(count).collect();
        Staging {
            inputs: none(inputs),
            outputs: none(outputs),
            pixels: Vec::new(),
            tables: DescriptorTables::default(),
            filled: Vec::new(),
        }
    }

    /// Frees all buffers; returns whether there were any.
    pub(crate) fn clear(&mut self) -> bool {
        let mut any = false;
        let buffers = self.inputs.iter_mut().chain(&mut self.outputs);
        for buffers in buffers.chain([&mut self.pixels]) {
            any |= !buffers.is_empty();
            buffers.clear();
        }
        any | self.tables.clear()
    }

    /// Allocates a buffer for each input, for the largest batch of a plan, for frames and descriptors that are written in place.
    pub(crate) fn allocate_inputs(
        &mut self,
        plan: &PipelinePlan,
        tables: &TableInputs,
        memory: &MemoryManager,
    ) -> Result<(), PipelineError> {
        let failed = |source| {
            move |error| PipelineError::Memory {
                owner: plan.pipeline().owner(source),
                purpose: "frames in page-locked memory".to_owned(),
                source: error,
            }
        };
        let capacity = plan.capacity() as usize;
        for (index, buffers) in self.inputs.iter_mut().enumerate() {
            let source = Source::Input(index);
            if tables.table(index).is_some() {
                let room = self.tables.make_room(tables, capacity, memory);
                room.map_err(failed(source))?;
                continue;
            }
            let bytes = plan.shapes().of(source).bytes() * capacity;
            let new = memory.pinned(bytes).map_err(failed(source))?;
            *buffers = vec![Mutex::new(new)];
        }
        Ok(())
    }

    /// Bytes of all input buffers.
    pub(crate) fn input_bytes(&self) -> usize {
        let buffers = self.inputs.iter().flatten();
        let frames: usize = buffers.map(|buffer| buffer.lock().len()).sum();
        frames + self.tables.bytes()
    }

    /// The buffer of an input that [`Staging::allocate_inputs`] has made.
    pub(crate) fn input_mut(&mut self, index: usize) -> &mut PinnedBuffer {
        let buffer = self.inputs[index].first_mut();
        let buffer = buffer.expect("the buffers of inputs were allocated");
        buffer.get_mut()
    }

    /// Starts to copy frames that were written to the buffer of an input to the device, in the order of `stream`.
    pub(crate) fn upload(
        &mut self,
        plan: &mut BoundPlan,
        index: usize,
        chunk: &Chunk,
        frames: CopiedFrames,
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        let source = Source::Input(index);
        let bytes = plan.plan().shapes().of(source).bytes();
        let (buffer, offset) = plan.buffer_mut(source);
        let pinned = frames.pinned * bytes..(frames.pinned + frames.count) * bytes;
        let offset = offset + frames.planned * bytes;
        let copied = buffer.upload(offset, self.input_mut(index), pinned, stream);
        copied.map_err(|error| {
            let pipeline = plan.plan().pipeline();
            pipeline.copy_failed(chunk.upload(), source, error)
        })
    }

    /// Packs the frames of an input in ordinary memory, and starts to copy them to the device, in the order of `stream`. Returns when
    /// all are packed: `input` is not used any more.
    pub(crate) fn send(
        &mut self,
        plan: &mut BoundPlan,
        index: usize,
        input: &Input<'_>,
        chunk: &Chunk,
        memory: &MemoryManager,
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        let source = Source::Input(index);
        let shape = plan.plan().shapes().of(source);
        let pieces = Pieces::growing(shape, chunk.frames.len());
        let largest = Pieces::growing(shape, plan.plan().capacity() as usize);
        let buffers = &mut self.inputs[index];
        make_room(buffers, &pieces, &largest, memory, |error| {
            no_room(plan.plan(), source, chunk, error)
        })?;
        let first = chunk.frames.start * shape.rows();
        let target = plan.buffer_mut(source);
        let to = Upload {
            pieces,
            target,
            memory,
            stream,
        };
        let copied = to.send(buffers, &mut self.filled, |rows, room, copy| {
            input.pack(first + rows.start..first + rows.end, room, copy);
        });
        copied.map_err(|error| {
            let pipeline = plan.plan().pipeline();
            pipeline.copy_failed(chunk.upload(), source, error)
        })
    }

    /// Packs the images in ordinary memory that tables of descriptors describe, and starts to copy them to `pixels`, in the order
    /// of `stream`. Returns when all are packed.
    pub(crate) fn send_pixels(
        &mut self,
        pixels: &mut PixelBuffer,
        described: DescribedImages<'_>,
        chunk: &Chunk,
        memory: &MemoryManager,
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        let room = pixels.len();
        let Some(target) = pixels.buffer_mut() else {
            return Ok(());
        };
        let frames = &chunk.frames;
        let bytes = described.layout.bytes(frames);
        let pieces = Pieces::of_bytes(bytes, ALIGNMENT);
        let largest = Pieces::of_bytes(room / ALIGNMENT * ALIGNMENT, ALIGNMENT);
        let source = described.first_copied();
        make_room(&mut self.pixels, &pieces, &largest, memory, |error| {
            PipelineError::Memory {
                owner: described.pipeline.owner(source),
                purpose: format!(
                    "copies of images of several sizes ({room} bytes), in page-locked memory"
                ),
                source: error,
            }
        })?;
        let to = Upload {
            pieces,
            target: (target, 0),
            memory,
            stream,
        };
        let copied = to.send(&self.pixels, &mut self.filled, |rows, room, copy| {
            let bytes = rows.start * ALIGNMENT..rows.start * ALIGNMENT + room.len();
            described
                .layout
                .pack(described.given, frames, bytes, room, copy);
        });
        copied.map_err(|error| {
            described
                .pipeline
                .copy_failed(chunk.upload(), source, error)
        })
    }

    /// Starts to copy an output from the device to its buffers, in the order of `stream`.
    pub(crate) fn download(
        &mut self,
        plan: &BoundPlan,
        output: usize,
        chunk: &Chunk,
        memory: &MemoryManager,
        stream: &Stream,
    ) -> Result<(), PipelineError> {
        let pipeline = plan.plan().pipeline();
        let source = Source::Node(pipeline.output_nodes()[output]);
        let shape = plan.plan().shapes().of(source);
        let pieces = Pieces::even(shape, chunk.frames.len());
        let largest = Pieces::even(shape, plan.plan().capacity() as usize);
        let buffers = &mut self.outputs[output];
        make_room(buffers, &pieces, &largest, memory, |error| {
            no_room(plan.plan(), source, chunk, error)
        })?;
        let (from, offset) = plan.buffer(source);
        for (piece, buffer) in buffers[..pieces.count()].iter_mut().enumerate() {
            let bytes = pieces.bytes(piece);
            let copied = from.download(
                offset + bytes.start,
                buffer.get_mut(),
                0..bytes.len(),
                stream,
            );
            copied.map_err(|error| pipeline.copy_failed(chunk.download(), source, error))?;
        }
        Ok(())
    }

    /// Waits for the download of an output, and puts the frames into their place.
    pub(crate) fn collect(
        &mut self,
        plan: &PipelinePlan,
        output: usize,
        chunk: &Chunk,
        mut target: Output<'_>,
        memory: &MemoryManager,
    ) -> Result<(), PipelineError> {
        let source = Source::Node(plan.pipeline().output_nodes()[output]);
        let shape = plan.shapes().of(source);
        let pieces = Pieces::even(shape, chunk.frames.len());
        let place = target.rows(shape, chunk.frames.clone());
        let arrivals = Arrivals::new(pieces, &mut self.outputs[output], place);
        let helpers = helpers(pieces.is_small(), memory);
        let threads = helpers.map_or(0, Helpers::count) + 1;
        let copied = for_each(helpers, threads, |_| arrivals.take_apart());
        copied.map_err(|error| {
            let pipeline = plan.pipeline();
            pipeline.copy_failed(chunk.download(), source, error)
        })
    }
}

/// Starts to copy frames of an output from the device to page-locked memory, where the batch begins at byte `at`, in the order of
/// `stream`.
pub(crate) fn download(
    plan: &BoundPlan,
    output: usize,
    chunk: &Chunk,
    frames: CopiedFrames,
    (target, at): (&mut PinnedBuffer, usize),
    stream: &Stream,
) -> Result<(), PipelineError> {
    let pipeline = plan.plan().pipeline();
    let source = Source::Node(pipeline.output_nodes()[output]);
    let bytes = plan.plan().shapes().of(source).bytes();
    let (buffer, offset) = plan.buffer(source);
    let pinned = at + frames.pinned * bytes..at + (frames.pinned + frames.count) * bytes;
    let offset = offset + frames.planned * bytes;
    let copied = buffer.download(offset, target, pinned, stream);
    copied.map_err(|error| pipeline.copy_failed(chunk.download(), source, error))
}

/// Makes room for these pieces. Where a buffer is missing or too small, all get the sizes for the largest batch, so that batches
/// grow up to that without another allocation.
fn make_room(
    buffers: &mut Vec<Mutex<PinnedBuffer>>,
    pieces: &Pieces,
    largest: &Pieces,
    memory: &MemoryManager,
    error: impl Fn(MemoryError) -> PipelineError,
) -> Result<(), PipelineError> {
    let mut fits = |piece: usize| {
        let buffer = buffers.get_mut(piece).map(Mutex::get_mut);
        buffer.is_some_and(|buffer| buffer.len() >= pieces.bytes(piece).len())
    };
    let Some(missing) = (0..pieces.count()).find(|&piece| !fits(piece)) else {
        return Ok(());
    };
    // The old ones go first, so that their memory can be used for new ones.
    buffers.truncate(missing);
    for piece in missing..largest.count() {
        let new = memory.pinned(largest.room(piece)).map_err(&error)?;
        buffers.push(Mutex::new(new));
    }
    Ok(())
}

/// The error of memory that is missing for copies of an input, or of the output of a node.
fn no_room(
    plan: &PipelinePlan,
    source: Source,
    chunk: &Chunk,
    error: MemoryError,
) -> PipelineError {
    PipelineError::Memory {
        owner: plan.pipeline().owner(source),
        purpose: format!(
            "copies of {} image(s) of {}, in page-locked memory",
            chunk.frames.len(),
            plan.shapes().of(source)
        ),
        source: error,
    }
}

#[cfg(test)]
pub(crate) mod tests;
