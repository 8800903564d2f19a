//! Tensors: batches of images in device memory that their holder owns.

use crate::image::device::{DeviceImages, DeviceImagesMut};
use pixelflume_device::{Address, DeviceError, Stream};
use pixelflume_memory::{DeviceBuffer, MemoryError, MemoryManager, PinnedBuffer};
use pixelflume_ops::SampleType;
use pixelflume_ops::image::error::ImageError;
use pixelflume_ops::image::layout::BatchLayout;
use pixelflume_ops::image::owned::Image;
use pixelflume_ops::image::view::BatchView;
use std::fmt;
use std::ops::Range;

/// Bytes of page-locked memory that [`DeviceTensor::read`] transfers at a time: it takes nearly all of the bandwidth of the bus.
const PIECE: usize = 4 << 20;

/// A batch of images in device memory of its own: a result that was given away.
///
/// A tensor outlives the plan, runner or engine that made it. Dropping it, on any thread, waits for nothing: the memory
/// goes back to the pool, and is reused by work behind the present end of the tensor's [`DeviceTensor::stream`]. Work on the
/// tensor in another stream is ordered like this:
///
/// ```
/// use pixelflume_device::{Device, Stream};
/// use pixelflume_memory::{MemoryConfig, MemoryManager};
/// use pixelflume_ops::ImageShape;
/// use pixelflume_pipeline::{BatchLayout, DeviceTensor};
///
/// # fn put_work_into(_: &Stream) {}
/// let device = Device::host();
/// let memory = MemoryManager::new(&device, MemoryConfig::default());
/// let layout = BatchLayout::tight(ImageShape::u8(10, 8, 3), 4);
/// let buffer = memory.allocate(layout.end()?, &device.stream()?)?;
/// let tensor = DeviceTensor::new(buffer, layout, &memory)?;
/// assert_eq!(tensor.shape(), [4, 8, 10, 3]); // N, H, W, C
/// assert_eq!(tensor.strides(), [240, 30, 3, 1]);
///
/// let mine = device.stream()?;
/// tensor.order_before(&mine)?; // later work of `mine` comes behind what wrote the tensor
/// put_work_into(&mine);
/// tensor.order_after(&mine)?; // the next user of the memory comes behind that work
/// drop(tensor);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct DeviceTensor {
    layout: BatchLayout,
    buffer: DeviceBuffer,
    /// The manager of the buffer's pool. It is dropped behind the buffer, so that the pool takes the buffer back.
    memory: MemoryManager,
}

impl DeviceTensor {
    /// Takes `buffer` as images of this layout. `memory` is the manager that the buffer is from, of which the tensor keeps a
    /// handle.
    ///
    /// # Errors
    /// The layout is impossible, exceeds the buffer, or puts samples elsewhere than at multiples of their size.
    pub fn new(
        buffer: DeviceBuffer,
        layout: BatchLayout,
        memory: &MemoryManager,
    ) -> Result<Self, ImageError> {
        DeviceImages::new(layout, &buffer)?;
        Ok(DeviceTensor {
            layout,
            buffer,
            memory: memory.clone(),
        })
    }

    /// Address of the first sample of the first image.
    pub fn address(&self) -> Address {
        self.buffer.address().offset(self.layout.offset())
    }

    /// Address of the first byte of the buffer, from which the offsets of layouts count.
    #[cfg(feature = "dlpack")]
    pub(crate) fn start(&self) -> Address {
        self.buffer.address()
    }

    /// The layout of the images in the buffer.
    pub fn layout(&self) -> BatchLayout {
        self.layout
    }

    /// The sizes of the dimensions: images, height, width, channels; for planar images: images, channels, height, width.
    pub fn shape(&self) -> [usize; 4] {
        self.layout.extents()
    }

    /// Samples from one index of each dimension of [`DeviceTensor::shape`] to the next.
    pub fn strides(&self) -> [usize; 4] {
        self.layout.strides()
    }

    /// The type of a sample.
    pub fn sample(&self) -> SampleType {
        self.layout.shape().sample
    }

    /// The home stream of the memory, which orders its reuse.
    pub fn stream(&self) -> &Stream {
        self.buffer.stream()
    }

    /// The memory manager that the buffer goes back to.
    pub fn memory(&self) -> &MemoryManager {
        &self.memory
    }

    /// Orders later work of `stream` behind the work that wrote the tensor, without waiting for it; see
    /// [`DeviceBuffer::order_before`].
    ///
    /// # Errors
    /// The stream is of another device, or the device refuses; then nothing is ordered.
    pub fn order_before(&self, stream: &Stream) -> Result<(), DeviceError> {
        self.buffer.order_before(stream)
    }

    /// Orders the next user of the memory behind the present work of `stream`, without waiting for it; see
    /// [`DeviceBuffer::order_after`].
    ///
    /// # Errors
    /// The stream is of another device; or the device can neither order nor wait, and then the memory is not reused before
    /// the device is idle.
    pub fn order_after(&self, stream: &Stream) -> Result<(), DeviceError> {
        self.buffer.order_after(stream)
    }

    /// Marks the tensor as used by work that nothing orders; see [`DeviceBuffer::mark_unordered`].
    pub fn mark_unordered(&self) {
        self.buffer.mark_unordered();
    }

    /// The images, as an input of another execution.
    pub fn images(&self) -> DeviceImages<'_> {
        let images = DeviceImages::new(self.layout, &self.buffer);
        images.expect("the layout was checked when the tensor was made")
    }

    /// The images, as an output of another execution.
    pub fn images_mut(&mut self) -> DeviceImagesMut<'_> {
        let images = DeviceImagesMut::new(self.layout, &mut self.buffer);
        images.expect("the layout was checked when the tensor was made")
    }

    /// Copies the images to ordinary memory, and waits for the copy.
    ///
    /// # Errors
    /// There is no page-locked memory for the copy, or the device fails.
    pub fn to_images(&self) -> Result<Vec<Image>, MemoryError> {
        let (layout, home) = (self.layout, self.stream());
        let mut staging = self.memory.pinned(self.buffer.len())?;
        let all = 0..self.buffer.len();
        self.buffer.download(0, &mut staging, all, home)?;
        let batch = BatchView::new(layout, staging.as_slice()?);
        let batch = batch.expect("the layout was checked when the tensor was made");
        let image = |frame| batch.frame(frame).map(|image| image.to_image());
        let images: Result<Vec<_>, _> = (0..layout.batch()).map(image).collect();
        Ok(images.expect("these are the frames of the batch"))
    }

    /// Copies some of the images to ordinary memory, and waits for the copy: the bytes from the first sample of the first image to the
    /// last sample of the last one, with the gaps of the layout, of which results have none. Page-locked memory of a few MiB is
    /// between the device and `target`, whatever their size.
    ///
    /// # Errors
    /// [`MemoryError::OutOfRange`] where the batch has fewer images, or `target` has another size; there is no page-locked memory, or
    /// the device fails.
    pub fn read(&self, frames: Range<usize>, target: &mut [u8]) -> Result<(), MemoryError> {
        let (part, bytes) = self.part(frames)?;
        if target.len() != bytes {
            return Err(MemoryError::OutOfRange {
                offset: 0,
                bytes,
                len: target.len(),
            });
        }
        if bytes == 0 {
            return Ok(());
        }
        let fetch = |start: usize, staging: &mut PinnedBuffer| {
            let count = PIECE.min(bytes - start);
            let from = part.offset() + start;
            self.buffer.download(from, staging, 0..count, self.stream())
        };
        let mut arriving = self.memory.pinned(bytes.min(PIECE))?;
        let mut next = self.memory.pinned(bytes.saturating_sub(PIECE).min(PIECE))?;
        fetch(0, &mut arriving)?;
        let mut end = 0;
        for place in target.chunks_mut(PIECE) {
            end += place.len();
            if end < bytes {
                // It is transferred while this thread copies the piece before it.
                fetch(end, &mut next)?;
            }
            place.copy_from_slice(&arriving.as_slice()?[..place.len()]);
            std::mem::swap(&mut arriving, &mut next);
        }
        Ok(())
    }

    /// The layout of some of the images, and the bytes that they span.
    fn part(&self, frames: Range<usize>) -> Result<(BatchLayout, usize), MemoryError> {
        let stride = self.layout.batch_stride();
        let part = self.layout.frames(frames.clone());
        let part = part.map_err(|_| MemoryError::OutOfRange {
            offset: frames.start.saturating_mul(stride),
            bytes: frames.len().saturating_mul(stride),
            len: self.buffer.len(),
        })?;
        let bytes = part.end().map_or(0, |end| end - part.offset());
        Ok((part, bytes))
    }

    /// Copies some of the images to a tensor of their own on the same device, in the order of `stream`, which is its home stream.
    /// Returns before the copy is done.
    ///
    /// # Errors
    /// [`MemoryError::OutOfRange`] where the batch has fewer images; there is no memory, the stream is of another device, or the device
    /// fails.
    pub fn copy_of(&self, frames: Range<usize>, stream: &Stream) -> Result<Self, MemoryError> {
        let (part, bytes) = self.part(frames)?;
        let mut buffer = self.memory.allocate(bytes, stream)?;
        buffer.copy_from(
            0,
            &self.buffer,
            part.offset()..part.offset() + bytes,
            stream,
        )?;
        let copy = DeviceTensor::new(buffer, part.at(0), &self.memory);
        Ok(copy.expect("the layout was checked for the memory that was copied"))
    }

    /// Copies images of several tensors of one device, all of the first one's shape, to a tensor of their own without padding, one behind the other, in the
    /// order of `stream`, which is its home stream. Returns before the copies are done.
    ///
    /// # Errors
    /// [`MemoryError::OutOfRange`] where there are no images, a tensor has fewer, or they have another shape; there is no memory, the stream or a tensor is
    /// of another device, or the device fails.
    pub fn concat(
        parts: &[(&DeviceTensor, Range<usize>)],
        stream: &Stream,
    ) -> Result<Self, MemoryError> {
        let none = MemoryError::OutOfRange {
            offset: 0,
            bytes: 1,
            len: 0,
        };
        let (first, _) = parts.first().ok_or(none)?;
        let shape = first.layout.shape();
        let images = parts.iter().map(|(_, frames)| frames.len()).sum();
        let layout = BatchLayout::tight(shape, images);
        let mut buffer = first.memory.allocate(shape.bytes() * images, stream)?;
        let mut offset = 0;
        for (tensor, frames) in parts {
            let (part, bytes) = tensor.part(frames.clone())?;
            if part.shape() != shape {
                return Err(MemoryError::OutOfRange {
                    offset: part.offset(),
                    bytes: shape.bytes() * frames.len(),
                    len: bytes,
                });
            }
            // As many bytes at a time as lie without a gap.
            let (pieces, piece) = match part.is_tight() {
                true => (1, bytes),
                false => (frames.len() * shape.rows(), shape.row_bytes()),
            };
            for number in 0..pieces {
                let from = part.row_offset(number);
                buffer.copy_from(offset, &tensor.buffer, from..from + piece, stream)?;
                offset += piece;
            }
        }
        let tensor = DeviceTensor::new(buffer, layout, &first.memory);
        Ok(tensor.expect("a buffer of so many bytes has room for a layout without padding"))
    }

    /// Starts to copy the first image, whose rows have no padding, to `offset` on, in the order of `stream`.
    pub(crate) fn copy_to(
        &self,
        target: &mut DeviceBuffer,
        offset: usize,
        stream: &Stream,
    ) -> Result<(), MemoryError> {
        let begin = self.layout.offset();
        let bytes = begin..begin + self.layout.shape().bytes();
        target.copy_from(offset, &self.buffer, bytes, stream)
    }

    /// Makes the tensor one of `frames` images of its shape without padding, for which there is room.
    pub(crate) fn set_frames(&mut self, frames: usize) {
        let layout = BatchLayout::tight(self.layout.shape(), frames);
        let checked = layout.check(self.buffer.len());
        checked.expect("a place of results has room for the largest batch");
        self.layout = layout;
    }

    /// The buffer without its layout. Keep a handle of [`DeviceTensor::memory`] for longer than the buffer: without the
    /// manager the buffer's drop waits for the device.
    pub fn into_buffer(self) -> DeviceBuffer {
        self.buffer
    }
}

impl fmt::Debug for DeviceTensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shape, address) = (self.shape(), self.address());
        write!(
            f,
            "DeviceTensor({shape:?} {} at {address:?})",
            self.sample()
        )
    }
}
