//! Blocks that come back: to the free list, to the driver, or aside until the device is idle.
#![expect(unsafe_code, reason = "gives memory back to the driver by address")]

use super::{Pool, PoolKind, SetAside};
use crate::block::{Block, LastUse};
use crate::{pageable, poison};
use pixelflume_device::{DeviceError, Severity, Stream};
use std::sync::atomic::Ordering::Relaxed;

impl Pool {
    /// Takes a block back, behind the present end of `stream`; without one, behind the block's own event.
    ///
    /// In a process that was forked since, the block is leaked: locks may be held by threads that a fork left behind.
    pub(crate) fn put(&self, mut block: Block, stream: Option<Stream>) {
        if self.device.is_inherited() {
            std::mem::forget((block, stream));
            return;
        }
        self.ledger.taken_back(block.address, block.bytes());
        block.fresh = false;
        match stream {
            None if block.order.is_unordered() => {
                self.aside.lock().push((block, None));
            }
            None => self.free.put(block),
            Some(stream) => match self.end_use(&mut block, &stream) {
                // Handing it out again could corrupt its next owner.
                Err(error) => self.set_aside(block, Some(stream), &error),
                Ok(()) if self.is_ordered() => return self.free_in_order(&block, &stream),
                Ok(()) => {
                    block.last_use = LastUse::On(stream);
                    self.free.put(block);
                }
            },
        }
        // Asked behind the list's lock: a shutdown that did not see the block in the list is seen here.
        if self.closed.load(Relaxed)
            && let Err(error) = self.trim()
        {
            tracing::error!("memory of {} was not given back: {error}", self.device);
        }
    }

    /// Makes sure that all work that uses the block is in `stream`, or ordered before its end.
    fn end_use(&self, block: &mut Block, stream: &Stream) -> Result<(), DeviceError> {
        block.order.wait_if_unordered(&self.device)?;
        match self.poison {
            true => poison::fill(block, stream),
            false => Ok(()),
        }
    }

    /// Frees a block of the stream-ordered mode behind the present end of `stream`.
    fn free_in_order(&self, block: &Block, stream: &Stream) {
        let (address, bytes) = (block.address, block.bytes());
        // SAFETY: the block came from `allocate_ordered` with this size and is owned, so it is freed once; the buffer's
        // stream is ordered behind all work that uses it.
        match unsafe { self.source.free_ordered(address, bytes, stream) } {
            Ok(()) if self.books_reserved() => self.ledger.unreserve(bytes),
            Ok(()) => {}
            Err(error) => self.given_up(bytes, &error),
        }
    }

    /// Keeps a block that cannot be freed yet until the device is idle. A lost device has lost its
    /// memory too.
    fn set_aside(&self, block: Block, stream: Option<Stream>, error: &DeviceError) {
        match error.severity() {
            Severity::DeviceLost => self.given_up(block.bytes(), error),
            Severity::Recoverable => {
                tracing::debug!("a block of {} is set aside: {error}", self.device);
                self.aside.lock().push((block, stream));
            }
        }
    }

    fn given_up(&self, bytes: usize, error: &DeviceError) {
        let device = &self.device;
        tracing::error!("a block of {bytes} bytes on {device} is given up: {error}");
    }

    /// Gives a block back to the driver when all work that may still use it is complete.
    pub(super) fn discard(&self, block: Block) {
        let rest = self.device.synchronize();
        if let Err(error) = rest.and_then(|()| self.free_now(block)) {
            tracing::error!("memory of {} was not given back: {error}", self.device);
        }
    }

    /// Gives every free block back to the driver, after waiting for the work that still uses it.
    pub(crate) fn trim(&self) -> Result<(), DeviceError> {
        self.device.check_process()?;
        let _turn = self.trimming.lock();
        // What is set aside from here on may have work that the wait does not cover: it is left to the next trim.
        let aside = std::mem::take(&mut *self.aside.lock());
        let is_waited_for = self.is_ordered() || !aside.is_empty();
        let waited = match is_waited_for {
            true => self.device.synchronize(),
            false => Ok(()),
        };
        let mut result = match waited {
            Ok(()) => self.free_aside(aside),
            Err(error) => {
                self.aside.lock().extend(aside);
                Err(error)
            }
        };
        if self.is_ordered() {
            return result.and_then(|()| self.source.trim_ordered());
        }
        for block in self.free.drain() {
            result = result.and(self.free_now(block));
        }
        result
    }

    /// Frees blocks that were set aside, and whose work is complete since.
    fn free_aside(&self, aside: SetAside) -> Result<(), DeviceError> {
        let mut result = Ok(());
        for (mut block, stream) in aside {
            block.order.forget_unordered();
            block.last_use = LastUse::Complete;
            match stream.filter(|_| self.is_ordered()) {
                Some(stream) => self.free_in_order(&block, &stream),
                None => result = result.and(self.free_now(block)),
            }
        }
        result
    }

    /// Shuts the pool down: it hands out no more blocks, and gives the free ones back.
    pub(crate) fn close(&self) -> Result<(), DeviceError> {
        self.closed.store(true, Relaxed);
        self.trim()
    }

    fn free_now(&self, mut block: Block) -> Result<(), DeviceError> {
        if let Err(error) = block.wait(&self.device) {
            self.set_aside(block, None, &error);
            return Err(error);
        }
        let (address, bytes) = (block.address, block.bytes());
        if block.pageable {
            self.ledger.pageable.fetch_sub(bytes, Relaxed);
            self.ledger.unreserve(bytes);
            // SAFETY: the block came from `pageable::allocate` with this size, is owned, and its last use is complete.
            unsafe { pageable::free(address, bytes) };
            return Ok(());
        }
        self.ledger.driver_calls.fetch_add(1, Relaxed);
        // SAFETY: the block came from the same function of the source with the same size, it is owned here and so freed
        // once, and its last use was waited for above.
        unsafe {
            match self.kind {
                PoolKind::Device(_) => self.source.free(address, bytes),
                PoolKind::Pinned => self.source.free_pinned(address, bytes),
            }
        }?;
        self.ledger.unreserve(bytes);
        Ok(())
    }
}
