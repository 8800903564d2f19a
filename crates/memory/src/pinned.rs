//! Buffers of page-locked host memory, from and to which devices copy.
#![expect(unsafe_code, reason = "lends memory by address as a slice")]

use crate::block::{Block, LastUse};
use crate::class::SizeClass;
use crate::error::MemoryError;
use crate::pool::Pool;
use pixelflume_device::{Access, Address, DeviceError, Severity, Stream};
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// The owner of a larger buffer that lends pieces of it and takes them back.
pub(crate) trait Lender: Send + Sync {
    /// Ends the loan of `block`, from which `len` bytes were asked for.
    fn take_back(&self, block: Block, len: usize);
}

/// Page-locked host memory. Its content is zero or what an earlier user left.
///
/// The process reads and writes it through slices; both wait first for copies in flight, so the device and the
/// process never touch it at the same time.
///
/// It is a block of its own, or a piece that a [`PinnedArena`](crate::PinnedArena) lends.
pub struct PinnedBuffer {
    block: Option<Block>,
    len: usize,
    pool: Arc<Pool>,
    /// The lender that gets the block back, for a piece of an arena.
    lender: Option<Arc<dyn Lender>>,
}

impl PinnedBuffer {
    pub(crate) fn new(
        pool: &Arc<Pool>,
        len: usize,
        site: &'static Location<'static>,
    ) -> Result<Self, MemoryError> {
        let mut block = pool.take(len, None, site)?;
        if std::mem::take(&mut block.fresh) {
            // SAFETY: the block is at least as large as its class says, process memory, and owned here alone. Filling it
            // makes every byte of it initialized for all later owners.
            unsafe {
                block
                    .address
                    .as_ptr::<u8>()
                    .write_bytes(0, block.class.bytes())
            };
        }
        Ok(PinnedBuffer {
            block: Some(block),
            len,
            pool: pool.clone(),
            lender: None,
        })
    }

    /// Makes a buffer of a piece of a larger one.
    ///
    /// # Safety
    /// The block lies in a buffer of the lender's, in bytes that no other buffer has before the lender gets it back.
    pub(crate) unsafe fn lent(
        block: Block,
        len: usize,
        pool: &Arc<Pool>,
        lender: Arc<dyn Lender>,
    ) -> Self {
        PinnedBuffer {
            block: Some(block),
            len,
            pool: pool.clone(),
            lender: Some(lender),
        }
    }

    pub(crate) fn class(&self) -> SizeClass {
        self.block().class
    }

    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// Size in bytes, as asked for.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no bytes were asked for.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether kernels of the device can read the bytes at [`PinnedBuffer::address`]. Ordinary memory that took the place of
    /// page-locked memory is none that a GPU can address; a piece of a larger buffer counts as such memory.
    pub fn is_readable_by_kernels(&self) -> bool {
        self.lender.is_none() && !self.block().pageable
    }

    /// Address of the first byte.
    pub fn address(&self) -> Address {
        self.block().address
    }

    /// The bytes, after waiting for copies in flight.
    ///
    /// # Errors
    /// The wait failed; or, on the checked host device, work that was not put into a stream by this buffer's copies, such as a
    /// graph or a launch, writes there and was not waited for.
    pub fn as_slice(&self) -> Result<&[u8], MemoryError> {
        let block = self.block();
        let device = self.pool.device();
        device.check_process()?;
        block.wait_shared(device)?;
        let access = Access::read(block.address, self.len);
        device.host_access(&access, "a read of the process")?;
        // SAFETY: the block has at least `len` initialized bytes of process memory (zeroed when it was new). No copy is in
        // flight, and neither a copy nor a writer comes as long as the buffer is borrowed: both borrow it mutably.
        Ok(unsafe { std::slice::from_raw_parts(block.address.as_ptr(), self.len) })
    }

    /// The bytes for writing, after waiting for copies in flight.
    ///
    /// # Errors
    /// As for [`PinnedBuffer::as_slice`], also where such work only reads.
    pub fn as_mut_slice(&mut self) -> Result<&mut [u8], MemoryError> {
        let len = self.len;
        let block = self
            .block
            .as_mut()
            .expect("a buffer has its block until it is dropped");
        let device = self.pool.device();
        device.check_process()?;
        block.wait(device)?;
        let access = Access::write(block.address, len);
        device.host_access(&access, "a write of the process")?;
        // SAFETY: the block has at least `len` initialized bytes of process memory (zeroed when it was new), it is
        // borrowed through `&mut self`, and no copy is in flight.
        Ok(unsafe { std::slice::from_raw_parts_mut(block.address.as_ptr(), len) })
    }

    /// Makes later accesses of the process, later copies, and the next owner of the memory wait for the present work of `stream`:
    /// for a caller who has put work there that uses the bytes by their address.
    ///
    /// # Errors
    /// The stream is of another device: nothing is ordered. Or an earlier use on another stream cannot be waited for, or the device is
    /// lost: the memory is marked as by [`PinnedBuffer::mark_unordered`].
    pub fn order_after(&mut self, stream: &Stream) -> Result<(), DeviceError> {
        self.pool.check_device(stream)?;
        let begun = self.begin_use(stream).map(|_| ());
        let ordered = begun.and_then(|()| self.end_use(stream));
        if ordered.is_err() {
            self.block().order.mark_unordered();
        }
        ordered
    }

    /// Puts a copy that uses the buffer into `stream`, and makes later accesses wait for it.
    pub(crate) fn ordered_on(
        &mut self,
        stream: &Stream,
        work: impl FnOnce() -> Result<(), MemoryError>,
    ) -> Result<(), MemoryError> {
        let block = self.begin_use(stream)?;
        block.order.wait_if_unordered(stream.device())?;
        block.event(stream.device())?;
        let worked = work();
        // Also behind work that failed: a part of it may be in the stream.
        match self.end_use(stream) {
            Err(error) => worked.and(Err(error.into())),
            Ok(()) => worked,
        }
    }

    /// Orders later work of `stream` behind the last use.
    fn begin_use(&mut self, stream: &Stream) -> Result<&Block, DeviceError> {
        self.pool.check_device(stream)?;
        let device = self.pool.device();
        let block = self.block.as_mut();
        let block = block.expect("a buffer has its block until it is dropped");
        match block.last_use {
            LastUse::Recorded(last) if last != stream.id() => stream.wait(block.event(device)?)?,
            LastUse::On(ref last) if last.id() != stream.id() => block.wait(device)?,
            _ => {}
        }
        Ok(block)
    }

    /// Notes the present end of `stream`, which is ordered behind the uses so far, as the last use. Fails where the device is lost.
    fn end_use(&mut self, stream: &Stream) -> Result<(), DeviceError> {
        let device = self.pool.device();
        let block = self.block.as_mut();
        let block = block.expect("a buffer has its block until it is dropped");
        let recorded = block.event(device).and_then(|event| stream.record(event));
        block.last_use = match &recorded {
            Ok(()) => LastUse::Recorded(stream.id()),
            // The work is in flight all the same: the next use of the buffer waits for the stream.
            Err(_) => LastUse::On(stream.clone()),
        };
        match recorded {
            Err(error) if error.severity() == Severity::DeviceLost => Err(error),
            _ => Ok(()),
        }
    }

    /// Marks the memory as used by work that nothing orders: the next access of the process or copy waits for the whole device, and the
    /// memory is not handed out again before the device is idle. For a caller that enqueued work and could not order it.
    pub fn mark_unordered(&self) {
        if !self.pool.device().is_inherited() {
            self.block().order.mark_unordered();
        }
    }

    fn block(&self) -> &Block {
        self.block
            .as_ref()
            .expect("a buffer has its block until it is dropped")
    }
}

impl Drop for PinnedBuffer {
    fn drop(&mut self) {
        if let Some(block) = self.block.take() {
            if self.pool.device().is_inherited() {
                std::mem::forget(block);
                return;
            }
            match &self.lender {
                Some(lender) => lender.take_back(block, self.len),
                None => self.pool.put(block, None),
            }
        }
    }
}

impl fmt::Debug for PinnedBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PinnedBuffer({} bytes)", self.len)
    }
}
