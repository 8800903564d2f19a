//! Buffers of device memory.
#![expect(
    unsafe_code,
    reason = "copies by address, with the lengths and lifetimes checked here"
)]

use crate::block::{Block, LastUse};
use crate::error::MemoryError;
use crate::pinned::PinnedBuffer;
use crate::pool::Pool;
use pixelflume_device::{Address, DeviceError, Stream};
use std::fmt;
use std::ops::Range;
use std::panic::Location;
use std::sync::Arc;

/// Device memory, aligned to 512 bytes; its first content is that of
/// [`MemoryManager::allocate`](crate::MemoryManager::allocate).
///
/// The buffer belongs to the stream that it was allocated for, its home stream. Dropping it does not wait: the block is
/// reused by work behind the present end of that stream. Work on other streams must be ordered before the drop, by an event
/// that the buffer's stream waits for: [`DeviceBuffer::order_after`] does it, and the copies below do it themselves. Writes
/// borrow the buffer mutably. (After [`crate::MemoryManager::shutdown`] the drop does wait for that work, and so must not
/// happen in a host kernel. The drop waits as well after an error that left work on another stream unordered; where that
/// wait fails, the memory is set aside until the device is idle.)
pub struct DeviceBuffer {
    /// The block, and the buffer's own stream.
    held: Option<(Block, Stream)>,
    len: usize,
    pool: Arc<Pool>,
}

impl DeviceBuffer {
    pub(crate) fn new(
        pool: &Arc<Pool>,
        len: usize,
        stream: &Stream,
        site: &'static Location<'static>,
    ) -> Result<Self, MemoryError> {
        let mut block = pool.take(len, Some(stream), site)?;
        // A block that comes from the same stream brings its handle along.
        let stream = match std::mem::replace(&mut block.last_use, LastUse::Complete) {
            LastUse::On(last) if last.id() == stream.id() => last,
            _ => stream.clone(),
        };
        Ok(DeviceBuffer {
            held: Some((block, stream)),
            len,
            pool: pool.clone(),
        })
    }

    /// Address of the first byte.
    pub fn address(&self) -> Address {
        self.held().0.address
    }

    /// Size in bytes, as asked for.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no bytes were asked for.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The buffer's own stream, which orders the reuse of its memory.
    pub fn stream(&self) -> &Stream {
        &self.held().1
    }

    /// Orders later work of `stream` behind the present work of the buffer's own stream.
    ///
    /// # Errors
    /// The stream is of another device, or the device refuses; then nothing is ordered.
    pub fn order_before(&self, stream: &Stream) -> Result<(), DeviceError> {
        let (block, home) = self.held();
        block.order.before(home, stream)
    }

    /// Orders later work of the buffer's own stream, and the next owner of the memory, behind the present work of
    /// `stream`. Where the device refuses an event, this waits for the device instead.
    ///
    /// # Errors
    /// The stream is of another device; or the device refuses both. In the second case the memory is not reused before
    /// the device is idle.
    pub fn order_after(&self, stream: &Stream) -> Result<(), DeviceError> {
        let (block, home) = self.held();
        block.order.after(home, stream)
    }

    /// Marks the buffer as used by work that nothing orders: the memory is not reused before the device is idle. For a
    /// caller that enqueued work and could not order it.
    pub fn mark_unordered(&self) {
        if !self.pool.device().is_inherited() {
            self.held().0.order.mark_unordered();
        }
    }

    /// Copies `bytes` of `source` to `offset` on, in the order of `stream`. Returns before the copy is done; `source` waits
    /// for it when it is next read, written or dropped.
    pub fn upload(
        &mut self,
        offset: usize,
        source: &mut PinnedBuffer,
        bytes: Range<usize>,
        stream: &Stream,
    ) -> Result<(), MemoryError> {
        let (device, pinned, count) = self.copy_range(offset, source, bytes)?;
        self.ordered_on(stream, || {
            source.ordered_on(stream, || {
                // SAFETY: both ranges lie inside their buffers. The pinned buffer is not touched or reused before its event;
                // the device buffer's stream is ordered behind this copy, and so is its next owner.
                unsafe { stream.copy(device, pinned, count) }?;
                Ok(())
            })
        })
    }

    /// Copies from `offset` on to `bytes` of `target`, in the order of `stream`. Returns before the copy is done; `target`
    /// waits for it when it is next read, written or dropped.
    pub fn download(
        &self,
        offset: usize,
        target: &mut PinnedBuffer,
        bytes: Range<usize>,
        stream: &Stream,
    ) -> Result<(), MemoryError> {
        let (device, pinned, count) = self.copy_range(offset, target, bytes)?;
        self.ordered_on(stream, || {
            target.ordered_on(stream, || {
                // SAFETY: as in `upload`.
                unsafe { stream.copy(pinned, device, count) }?;
                Ok(())
            })
        })
    }

    /// Copies `bytes` of `source`, another buffer of the same device, to `offset` on, in the order of `stream`. Returns before
    /// the copy is done.
    ///
    /// # Errors
    /// [`MemoryError::OutOfRange`], a stream or a source of another device, or an error of the device.
    pub fn copy_from(
        &mut self,
        offset: usize,
        source: &DeviceBuffer,
        bytes: Range<usize>,
        stream: &Stream,
    ) -> Result<(), MemoryError> {
        let count = bytes.end.saturating_sub(bytes.start);
        fits(offset, count, self.len)?;
        fits(bytes.start, count, source.len)?;
        let target = self.address().offset(offset);
        let from = source.address().offset(bytes.start);
        self.ordered_on(stream, || {
            source.ordered_on(stream, || {
                // SAFETY: both ranges lie inside their buffers, which are two, as one of them is borrowed mutably. The
                // streams of both are ordered behind this copy, and so are their next owners.
                unsafe { stream.copy(target, from, count) }?;
                Ok(())
            })
        })
    }

    fn copy_range(
        &self,
        offset: usize,
        pinned: &PinnedBuffer,
        bytes: Range<usize>,
    ) -> Result<(Address, Address, usize), MemoryError> {
        let count = bytes.end.saturating_sub(bytes.start);
        fits(offset, count, self.len)?;
        fits(bytes.start, count, pinned.len())?;
        Ok((
            self.address().offset(offset),
            pinned.address().offset(bytes.start),
            count,
        ))
    }

    /// Puts work that uses the buffer into `stream`, behind the present work of the buffer's own stream and before its
    /// later work. One at a time: calls from several threads on several streams are ordered one behind the other.
    fn ordered_on(
        &self,
        stream: &Stream,
        work: impl FnOnce() -> Result<(), MemoryError>,
    ) -> Result<(), MemoryError> {
        let (block, home) = self.held();
        block.order.around(home, stream, work)
    }

    fn held(&self) -> &(Block, Stream) {
        self.held
            .as_ref()
            .expect("a buffer has its block until it is dropped")
    }
}

/// Checks that `bytes` bytes from `offset` on are in a buffer of `len` bytes.
fn fits(offset: usize, bytes: usize, len: usize) -> Result<(), MemoryError> {
    let fits = offset.checked_add(bytes).is_some_and(|end| end <= len);
    fits.then_some(())
        .ok_or(MemoryError::OutOfRange { offset, bytes, len })
}

impl Drop for DeviceBuffer {
    fn drop(&mut self) {
        if let Some((block, stream)) = self.held.take() {
            self.pool.put(block, Some(stream));
        }
    }
}

impl fmt::Debug for DeviceBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "DeviceBuffer({} bytes at {:?})",
            self.len,
            self.address()
        )
    }
}
