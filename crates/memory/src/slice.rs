//! Parts of device buffers, as slices are parts of arrays.

use crate::{DeviceBuffer, MemoryError};
use pixelflume_device::{Address, DeviceError, Stream};
use std::ops::Range;

/// A part of a [`DeviceBuffer`] that is read.
#[derive(Copy, Clone, Debug)]
pub struct DeviceSlice<'a> {
    buffer: &'a DeviceBuffer,
    start: usize,
    len: usize,
}

/// A part of a [`DeviceBuffer`] that is written, and that nobody else has.
#[derive(Debug)]
pub struct DeviceSliceMut<'a> {
    /// Borrowed mutably for 'a; other parts of it may have been split off.
    part: DeviceSlice<'a>,
}

impl DeviceBuffer {
    /// The bytes of this range.
    ///
    /// # Errors
    /// [`MemoryError::OutOfRange`] where the buffer has not so many.
    pub fn slice(&self, bytes: Range<usize>) -> Result<DeviceSlice<'_>, MemoryError> {
        DeviceSlice::from(self).part(bytes)
    }

    /// The bytes of this range, for writing.
    ///
    /// # Errors
    /// As for [`DeviceBuffer::slice`].
    pub fn slice_mut(&mut self, bytes: Range<usize>) -> Result<DeviceSliceMut<'_>, MemoryError> {
        let part = DeviceSlice::from(&*self).part(bytes)?;
        Ok(DeviceSliceMut { part })
    }
}

impl<'a> DeviceSlice<'a> {
    /// Where the first byte lies.
    pub fn address(&self) -> Address {
        self.buffer.address().offset(self.start)
    }

    /// Where the first byte lies in its buffer, which is aligned to 512 bytes.
    pub fn start(&self) -> usize {
        self.start
    }

    /// How many bytes there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The stream that the buffer belongs to.
    pub fn stream(&self) -> &'a Stream {
        self.buffer.stream()
    }

    /// As [`DeviceBuffer::order_before`], for the whole buffer.
    ///
    /// # Errors
    /// As there.
    pub fn order_before(&self, stream: &Stream) -> Result<(), DeviceError> {
        self.buffer.order_before(stream)
    }

    /// As [`DeviceBuffer::order_after`], for the whole buffer.
    ///
    /// # Errors
    /// As there.
    pub fn order_after(&self, stream: &Stream) -> Result<(), DeviceError> {
        self.buffer.order_after(stream)
    }

    /// As [`DeviceBuffer::mark_unordered`], for the whole buffer.
    pub fn mark_unordered(&self) {
        self.buffer.mark_unordered();
    }

    fn part(self, bytes: Range<usize>) -> Result<Self, MemoryError> {
        let (offset, len) = (bytes.start, self.len);
        let bytes = bytes.end.saturating_sub(offset);
        match offset.checked_add(bytes) {
            Some(end) if end <= len => Ok(DeviceSlice {
                start: self.start + offset,
                len: bytes,
                ..self
            }),
            _ => Err(MemoryError::OutOfRange { offset, bytes, len }),
        }
    }
}

impl<'a> DeviceSliceMut<'a> {
    /// The same bytes, for reading.
    pub fn as_slice(&self) -> DeviceSlice<'_> {
        self.part
    }

    /// The same bytes for a shorter time.
    pub fn reborrow(&mut self) -> DeviceSliceMut<'_> {
        DeviceSliceMut { part: self.part }
    }

    /// The first `at` bytes, and the rest.
    ///
    /// # Errors
    /// [`MemoryError::OutOfRange`] where there are not so many.
    pub fn split_at(self, at: usize) -> Result<(Self, Self), MemoryError> {
        let [first, rest] = [0..at, at..self.part.len.max(at)].map(|bytes| self.part.part(bytes));
        Ok((
            DeviceSliceMut { part: first? },
            DeviceSliceMut { part: rest? },
        ))
    }

    /// The stream that the buffer belongs to.
    pub fn stream(&self) -> &'a Stream {
        self.part.stream()
    }
}

impl<'a> From<&'a DeviceBuffer> for DeviceSlice<'a> {
    fn from(buffer: &'a DeviceBuffer) -> Self {
        DeviceSlice {
            buffer,
            start: 0,
            len: buffer.len(),
        }
    }
}

impl<'a> From<&'a mut DeviceBuffer> for DeviceSliceMut<'a> {
    fn from(buffer: &'a mut DeviceBuffer) -> Self {
        DeviceSliceMut {
            part: DeviceSlice::from(&*buffer),
        }
    }
}

impl<'a> From<DeviceSliceMut<'a>> for DeviceSlice<'a> {
    fn from(slice: DeviceSliceMut<'a>) -> Self {
        slice.part
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{MemoryConfig, MemoryManager};
    use pixelflume_device::Device;

    #[test]
    fn parts_lie_side_by_side_inside_of_their_buffer() {
        let device = Device::host();
        let memory = MemoryManager::new(&device, MemoryConfig::default());
        let mut buffer = memory
            .allocate(100, &device.stream().expect("the host has streams"))
            .expect("there is memory");
        let base = buffer.address();
        let slice = buffer.slice(10..30).expect("they are there");
        assert_eq!((slice.address(), slice.len()), (base.offset(10), 20));
        for bytes in [90..101, 101..101, 0..usize::MAX] {
            assert!(buffer.slice(bytes.clone()).is_err(), "{bytes:?}");
        }
        let all = buffer.slice_mut(40..100).expect("they are there");
        let (first, rest) = all.split_at(25).expect("there are so many");
        assert_eq!(first.as_slice().address(), base.offset(40));
        assert_eq!(first.as_slice().len(), 25);
        assert_eq!(rest.as_slice().address(), base.offset(65));
        assert_eq!(rest.as_slice().len(), 35);
        let error = rest.split_at(36).map(drop).expect_err("there are 35");
        assert!(
            matches!(
                error,
                MemoryError::OutOfRange {
                    bytes: 36,
                    len: 35,
                    ..
                }
            ),
            "{error}"
        );
    }
}
