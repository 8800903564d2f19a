//! Slices of device buffers, and of device memory of other libraries.
#![expect(unsafe_code, reason = "takes memory by address")]

use crate::buffer::DeviceBuffer;
use crate::error::MemoryError;
use crate::kept::KeptMemory;
use pixelflume_device::{Address, DeviceError, Stream};
use std::ops::Range;
use std::sync::Arc;

/// A range of a [`DeviceBuffer`] or a [`BorrowedMemory`](crate::BorrowedMemory), or device memory of another owner, for reading.
#[derive(Copy, Clone, Debug)]
pub struct DeviceSlice<'a> {
    of: Whole<'a>,
    start: usize,
    len: usize,
}

/// A range of a [`DeviceBuffer`] or a [`BorrowedMemory`](crate::BorrowedMemory), or device memory of another owner, borrowed for writing.
#[derive(Debug)]
pub struct DeviceSliceMut<'a> {
    /// The slice of which this is a part, borrowed mutably for 'a; other parts of it may have been
    /// split off.
    part: DeviceSlice<'a>,
}

/// Who keeps the memory of a slice allocated, for work on it that outlives the borrow.
#[derive(Clone, Debug)]
pub enum Owner {
    /// A pool: the memory is reused in the order of the buffer's home stream. Work that is ordered before the later work of
    /// that stream keeps nothing.
    Pool,
    /// Another owner, whose memory is to be kept until the work is complete.
    Kept(Arc<KeptMemory>),
    /// The caller, for as long as the slice is borrowed and no longer: no work on it may outlive the call that the slice was
    /// given to.
    Caller,
}

/// The memory of which a slice is a part.
#[derive(Copy, Clone, Debug)]
enum Whole<'a> {
    Buffer(&'a DeviceBuffer),
    Borrowed(&'a Arc<KeptMemory>),
    Foreign {
        address: Address,
        stream: &'a Stream,
    },
}

impl DeviceBuffer {
    /// The bytes of this range.
    ///
    /// # Errors
    /// [`MemoryError::OutOfRange`] where the buffer has fewer bytes.
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
    /// Makes a slice of device memory that another library allocated, ordered by `stream`: the present work of
    /// `stream` comes before work on the slice, and later work of `stream` comes behind it.
    ///
    /// # Safety
    /// For 'a there are `len` bytes of memory of the device of `stream` at `address`, and nothing writes to them but work that
    /// is ordered by `stream`.
    pub unsafe fn from_raw(address: Address, len: usize, stream: &'a Stream) -> Self {
        DeviceSlice {
            of: Whole::Foreign { address, stream },
            start: 0,
            len,
        }
    }

    /// The whole of some memory of another owner.
    pub(crate) fn of_kept(kept: &'a Arc<KeptMemory>) -> Self {
        DeviceSlice {
            of: Whole::Borrowed(kept),
            start: 0,
            len: kept.len(),
        }
    }

    /// Address of the first byte.
    pub fn address(&self) -> Address {
        let whole = match self.of {
            Whole::Buffer(buffer) => buffer.address(),
            Whole::Borrowed(kept) => kept.address(),
            Whole::Foreign { address, .. } => address,
        };
        whole.offset(self.start)
    }

    /// Length in bytes.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The stream that orders the memory.
    pub fn stream(&self) -> &'a Stream {
        match self.of {
            Whole::Buffer(buffer) => buffer.stream(),
            Whole::Borrowed(kept) => kept.stream(),
            Whole::Foreign { stream, .. } => stream,
        }
    }

    /// Who keeps the memory allocated.
    pub fn owner(&self) -> Owner {
        match self.of {
            Whole::Buffer(_) => Owner::Pool,
            Whole::Borrowed(kept) => Owner::Kept(kept.clone()),
            Whole::Foreign { .. } => Owner::Caller,
        }
    }

    /// Whether the two slices have a byte in common. Addresses are compared: of memory that a program maps at two addresses
    /// this does not know.
    pub fn overlaps(&self, other: &DeviceSlice<'_>) -> bool {
        let [first, second] = [self, other].map(|slice| {
            let start = slice.address().raw();
            (start, start.saturating_add(slice.len as u64))
        });
        let (start, end) = (first.0.max(second.0), first.1.min(second.1));
        start < end
    }

    /// Orders the whole memory like [`DeviceBuffer::order_before`].
    ///
    /// # Errors
    /// As there.
    pub fn order_before(&self, stream: &Stream) -> Result<(), DeviceError> {
        match self.of {
            Whole::Buffer(buffer) => buffer.order_before(stream),
            Whole::Borrowed(kept) => kept.order_before(stream),
            Whole::Foreign { stream: home, .. } => order(home, stream),
        }
    }

    /// Orders the whole memory like [`DeviceBuffer::order_after`]. A slice of [`DeviceSlice::from_raw`] is not kept from being
    /// reused: where the device refuses an event, this waits until `stream`, or the device, is idle.
    ///
    /// # Errors
    /// As there.
    pub fn order_after(&self, stream: &Stream) -> Result<(), DeviceError> {
        match self.of {
            Whole::Buffer(buffer) => buffer.order_after(stream),
            Whole::Borrowed(kept) => kept.order_after(stream),
            Whole::Foreign { stream: home, .. } => order(stream, home)
                .or_else(|_| stream.synchronize())
                .or_else(|_| home.device().synchronize()),
        }
    }

    /// Marks the whole memory like [`DeviceBuffer::mark_unordered`]: the owner of a [`BorrowedMemory`](crate::BorrowedMemory) is not dropped before
    /// the device is idle. For a slice of [`DeviceSlice::from_raw`] this waits until the device is idle.
    pub fn mark_unordered(&self) {
        match self.of {
            Whole::Buffer(buffer) => buffer.mark_unordered(),
            Whole::Borrowed(kept) => kept.mark_unordered(),
            Whole::Foreign { stream, .. } => {
                if let Err(error) = stream.device().synchronize() {
                    tracing::warn!(%error, "work on memory of another owner could not be waited for");
                }
            }
        }
    }

    pub(crate) fn part(self, bytes: Range<usize>) -> Result<Self, MemoryError> {
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
    /// Makes a slice for writing of memory that is borrowed mutably for 'a.
    pub(crate) fn of(part: DeviceSlice<'a>) -> Self {
        DeviceSliceMut { part }
    }

    /// Makes a slice for writing, otherwise like [`DeviceSlice::from_raw`].
    ///
    /// # Safety
    /// For 'a there are `len` bytes of memory of the device of `stream` at `address`, and nothing reads or writes them but work
    /// that is ordered by `stream`.
    pub unsafe fn from_raw(address: Address, len: usize, stream: &'a Stream) -> Self {
        DeviceSliceMut {
            // SAFETY: the caller promises more than that.
            part: unsafe { DeviceSlice::from_raw(address, len, stream) },
        }
    }

    /// The same range, for reading.
    pub fn as_slice(&self) -> DeviceSlice<'_> {
        self.part
    }

    /// The same range for a shorter time.
    pub fn reborrow(&mut self) -> DeviceSliceMut<'_> {
        DeviceSliceMut { part: self.part }
    }

    /// Splits the range into its first `at` bytes and the rest.
    ///
    /// # Errors
    /// [`MemoryError::OutOfRange`] where there are fewer bytes.
    pub fn split_at(self, at: usize) -> Result<(Self, Self), MemoryError> {
        let [first, rest] = [0..at, at..self.part.len.max(at)].map(|bytes| self.part.part(bytes));
        Ok((
            DeviceSliceMut { part: first? },
            DeviceSliceMut { part: rest? },
        ))
    }

    /// The stream that orders the memory.
    pub fn stream(&self) -> &'a Stream {
        self.part.stream()
    }
}

/// Orders the later work of `second` behind the present work of `first`.
fn order(first: &Stream, second: &Stream) -> Result<(), DeviceError> {
    if first.id() == second.id() {
        return Ok(());
    }
    let event = first.device().event()?;
    first.record(&event)?;
    second.wait(&event)
}

impl<'a> From<&'a DeviceBuffer> for DeviceSlice<'a> {
    fn from(buffer: &'a DeviceBuffer) -> Self {
        DeviceSlice {
            of: Whole::Buffer(buffer),
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
    use crate::config::MemoryConfig;
    use crate::manager::MemoryManager;
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
        let (first, rest) = all.split_at(25).expect("the buffer is longer");
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
