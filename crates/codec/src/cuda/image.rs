//! Decoded images in device memory.

use crate::cuda::layout::{ImageLayout, PixelLayout};
use pixelflume_device::Address;
use pixelflume_memory::{DeviceBuffer, DeviceSlice, MemoryError};
use pixelflume_ops::ImageShape;
use std::ops::Range;

/// An image that a [`BatchDecoder`](crate::cuda::BatchDecoder) made: rows of interleaved 8-bit samples in device memory of its own. The
/// memory goes back to its pool when the image is dropped, in the order of its stream.
#[derive(Debug)]
pub struct DecodedImage {
    buffer: DeviceBuffer,
    layout: ImageLayout,
}

impl DecodedImage {
    /// An image in a buffer of as many bytes as its layout says.
    pub(crate) fn new(buffer: DeviceBuffer, layout: ImageLayout) -> Self {
        DecodedImage { buffer, layout }
    }

    /// The shape: gray (1 channel) or RGB (3 channels), turned as its file says where that was asked for.
    pub fn shape(&self) -> ImageShape {
        self.layout.shape()
    }

    /// Bytes from a row to the next, a multiple of 16.
    pub fn row_pitch(&self) -> usize {
        self.layout.pixels.pitch as usize
    }

    /// The memory from the first pixel to the last one, ordered by the stream of the decoder: work behind the present work of that
    /// stream sees the pixels.
    ///
    /// # Errors
    /// None: the range is in the buffer. It is a `Result` as that of [`DeviceBuffer::slice`].
    pub fn memory(&self) -> Result<DeviceSlice<'_>, MemoryError> {
        self.buffer.slice(self.range())
    }

    /// The buffer, and the bytes of it from the first pixel to the last one.
    pub fn into_parts(self) -> (DeviceBuffer, Range<usize>) {
        let range = self.range();
        (self.buffer, range)
    }

    pub(crate) fn first_pixel(&self) -> Address {
        let offset = self.layout.pixels.offset as usize;
        self.buffer.address().offset(offset)
    }

    pub(crate) fn layout(&self) -> &ImageLayout {
        &self.layout
    }

    fn range(&self) -> Range<usize> {
        let PixelLayout {
            width,
            height,
            channels,
            pitch,
            offset,
            ..
        } = self.layout.pixels;
        let [start, row, pitch] = [offset, width * channels, pitch].map(|bytes| bytes as usize);
        start..start + (height as usize - 1) * pitch + row
    }
}
