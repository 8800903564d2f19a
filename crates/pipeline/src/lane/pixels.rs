//! The pixels of batches whose images have several sizes: where each image lies, and their copy to the device.
//!
//! The images of a chunk in ordinary memory are laid out one after the other, each at an aligned place. Their bytes are packed and
//! copied in pieces like any batch (see [`staging`](crate::lane::staging)), to a device buffer of the lane that only grows. Images in
//! device memory are read where they are.

use crate::error::PipelineError;
use crate::image::device::DeviceImages;
use crate::inputs::Input;
use crate::pipeline::Pipeline;
use crate::pipeline::node::Source;
use pixelflume_device::{Access, Address, Stream};
use pixelflume_memory::{DeviceBuffer, MemoryManager};
use pixelflume_ops::image::rows::CopyBytes;
use std::ops::Range;

/// Every image begins at a multiple of this many bytes.
pub(crate) const ALIGNMENT: usize = 256;

/// The places of the images of a mixed batch. The value is kept from batch to batch, so that a batch needs no new lists.
#[derive(Debug, Default)]
pub(crate) struct PixelLayout {
    /// The inputs of the batch whose images are described one by one, by index.
    inputs: Vec<usize>,
    /// The most frames of a chunk.
    capacity: usize,
    /// For each frame and each of the inputs, the offset of the image in the bytes of its chunk; 0 for an image in device memory.
    offsets: Vec<usize>,
    /// The images to copy, each once, chunk by chunk and by offset.
    images: Vec<Placed>,
    /// For each chunk, its part of `images` and its bytes.
    chunks: Vec<(Range<usize>, usize)>,
    /// The images of one chunk, to find those that are given several times.
    seen: Vec<Seen>,
    /// For each image of one chunk, the first one that is the same.
    same: Vec<usize>,
}

/// An image to copy, at its place in the bytes of its chunk.
#[derive(Copy, Clone, Debug)]
struct Placed {
    offset: usize,
    bytes: usize,
    input: usize,
    frame: usize,
}

/// The first byte, the row pitch, width and height of an image, and its number in the chunk.
type Seen = ((usize, usize, u32, u32), usize);

impl PixelLayout {
    /// Finds the places of the images of some inputs, in chunks of `capacity` frames.
    pub(crate) fn lay_out(
        &mut self,
        given: &[Input<'_>],
        inputs: &[usize],
        frames: usize,
        capacity: usize,
    ) {
        self.inputs.clear();
        self.inputs.extend_from_slice(inputs);
        self.capacity = capacity;
        self.offsets.clear();
        self.images.clear();
        self.chunks.clear();
        for start in (0..frames).step_by(capacity) {
            self.lay_out_chunk(given, start..frames.min(start + capacity));
        }
    }

    fn lay_out_chunk(&mut self, given: &[Input<'_>], frames: Range<usize>) {
        let width = self.inputs.len();
        let of = |number: usize| (frames.start + number / width, number % width);
        let all = frames.len() * width;
        self.seen.clear();
        self.same.clear();
        self.same.extend(0..all);
        for number in 0..all {
            let (frame, position) = of(number);
            if let Some(view) = given[self.inputs[position]].view(frame) {
                let (first, pitch, shape) = view.identity();
                let key = (first, pitch, shape.width, shape.height);
                self.seen.push((key, number));
            }
        }
        self.seen.sort_unstable();
        let shape = |number: usize| {
            let (frame, position) = of(number);
            given[self.inputs[position]].shape_of(frame)
        };
        for pair in 1..self.seen.len() {
            let ((before, other), (key, number)) = (self.seen[pair - 1], self.seen[pair]);
            if before == key && shape(other) == shape(number) {
                self.same[number] = self.same[other];
            }
        }
        let (first_image, first) = (self.images.len(), self.offsets.len());
        let mut end = 0;
        for number in 0..all {
            let (frame, position) = of(number);
            let input = self.inputs[position];
            let is_first = self.same[number] == number;
            let offset = match given[input].view(frame) {
                None => 0,
                Some(_) if !is_first => self.offsets[first + self.same[number]],
                Some(view) => {
                    let (offset, bytes) = (end, view.shape().bytes());
                    self.images.push(Placed {
                        offset,
                        bytes,
                        input,
                        frame,
                    });
                    end += bytes.next_multiple_of(ALIGNMENT);
                    offset
                }
            };
            self.offsets.push(offset);
        }
        let images = first_image..self.images.len();
        self.chunks.push((images, end));
    }

    /// The offset of an image in the bytes of its chunk. `position` counts the inputs that were laid out.
    pub(crate) fn offset(&self, frame: usize, position: usize) -> usize {
        self.offsets[frame * self.inputs.len() + position]
    }

    /// Bytes of the largest chunk; 0 where all images are in device memory.
    pub(crate) fn largest(&self) -> usize {
        let bytes = self.chunks.iter().map(|(_, bytes)| *bytes);
        bytes.max().unwrap_or(0)
    }

    fn chunk(&self, frames: &Range<usize>) -> &(Range<usize>, usize) {
        &self.chunks[frames.start / self.capacity]
    }

    /// Bytes of the chunk with these frames.
    pub(crate) fn bytes(&self, frames: &Range<usize>) -> usize {
        self.chunk(frames).1
    }

    /// Copies a range of the bytes of the chunk with these frames to `target`, by calls of `copy`. What lies between images is not written.
    pub(crate) fn pack(
        &self,
        given: &[Input<'_>],
        frames: &Range<usize>,
        bytes: Range<usize>,
        target: &mut [u8],
        copy: CopyBytes,
    ) {
        let images = &self.images[self.chunk(frames).0.clone()];
        let first = images.partition_point(|image| image.offset + image.bytes <= bytes.start);
        for image in &images[first..] {
            if image.offset >= bytes.end {
                break;
            }
            let start = bytes.start.max(image.offset);
            let end = bytes.end.min(image.offset + image.bytes);
            if let Some(view) = given[image.input].view(image.frame) {
                let target = &mut target[start - bytes.start..end - bytes.start];
                view.pack_bytes(start - image.offset, target, copy);
            }
        }
    }
}

/// The images of a mixed batch, which a run reads through the addresses in its tables of descriptors.
#[derive(Copy, Clone)]
pub(crate) struct DescribedImages<'a> {
    /// The pipeline whose inputs these are.
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) given: &'a [Input<'a>],
    pub(crate) layout: &'a PixelLayout,
}

impl<'a> DescribedImages<'a> {
    /// The inputs whose images the tables describe, with their indices.
    pub(crate) fn inputs(self) -> impl Iterator<Item = (usize, &'a Input<'a>)> {
        let inputs = self.layout.inputs.iter();
        inputs.map(move |&index| (index, &self.given[index]))
    }

    /// The images in device memory of which these frames are a part.
    pub(crate) fn devices(
        self,
        frames: Range<usize>,
    ) -> impl Iterator<Item = &'a DeviceImages<'a>> {
        self.inputs()
            .flat_map(move |(_, input)| input.devices(frames.clone()))
    }

    /// The first of the inputs with images in ordinary memory, for errors.
    pub(crate) fn first_copied(self) -> Source {
        let mut inputs = self.inputs();
        let copied = inputs.find(|(_, input)| input.view(0).is_some());
        Source::Input(copied.map_or(0, |(index, _)| index))
    }
}

/// The device buffer for the pixels of a chunk. It grows, and is kept.
#[derive(Debug, Default)]
pub(crate) struct PixelBuffer(Option<DeviceBuffer>);

impl PixelBuffer {
    /// Bytes of the buffer; 0 where there is none.
    pub(crate) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, DeviceBuffer::len)
    }

    /// The address of the first byte; null where there is no buffer.
    pub(crate) fn address(&self) -> Address {
        self.0.as_ref().map_or(Address::NULL, DeviceBuffer::address)
    }

    pub(crate) fn buffer_mut(&mut self) -> Option<&mut DeviceBuffer> {
        self.0.as_mut()
    }

    /// What a launch reads of the buffer, at most.
    pub(crate) fn access(&self) -> Option<Access> {
        let buffer = self.0.as_ref()?;
        Some(Access::read(buffer.address(), buffer.len()))
    }

    /// Frees the buffer; returns whether there was one.
    pub(crate) fn clear(&mut self) -> bool {
        self.0.take().is_some()
    }

    /// Replaces the buffer, which no run uses, by one of at least `bytes` bytes and twice the size.
    pub(crate) fn grow(
        &mut self,
        bytes: usize,
        memory: &MemoryManager,
        home: &Stream,
        described: DescribedImages<'_>,
    ) -> Result<(), PipelineError> {
        let bytes = bytes.max(self.len().saturating_mul(2));
        // The old one goes first, so that its memory can be used for the new one.
        self.0 = None;
        let buffer = memory
            .allocate(bytes, home)
            .map_err(|source| PipelineError::Memory {
                owner: described.pipeline.owner(described.first_copied()),
                purpose: format!("the pixels of images of several sizes ({bytes} bytes)"),
                source,
            })?;
        self.0 = Some(buffer);
        Ok(())
    }

    /// Marks the buffer as used by work that nothing orders.
    pub(crate) fn mark_unordered(&self) {
        if let Some(buffer) = &self.0 {
            buffer.mark_unordered();
        }
    }
}
