//! One pool of memory: its books, its limit, and the ladder that a request climbs before it fails.
#![expect(unsafe_code, reason = "gives memory back to the driver by address")]

use crate::block::{Block, LastUse, OtherStreams};
use crate::class::SizeClass;
use crate::config::AllocatorMode;
use crate::error::MemoryError;
use crate::freelist::FreeLists;
use crate::ledger::{HostLimit, Ledger, PassedLimit};
use crate::pageable;
use crate::poison;
use crate::source::MemorySource;
use crate::statistics::PoolStatistics;
use parking_lot::Mutex;
use pixelflume_device::{Device, DeviceError, Severity, Stream};
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Which memory a pool holds.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum PoolKind {
    Device(AllocatorMode),
    Pinned,
}

pub(crate) struct Pool {
    device: Device,
    source: Arc<dyn MemorySource>,
    kind: PoolKind,
    poison: bool,
    free: FreeLists,
    /// Blocks of which nobody knows when the work that uses them is over, since a call of the device failed: each with the
    /// stream that it was freed on. They go back to the driver when the device has come to rest.
    aside: Mutex<Vec<(Block, Option<Stream>)>>,
    pub(crate) ledger: Ledger,
    /// Set by the shutdown: what comes back goes to the driver at once, and nothing is handed out.
    closed: AtomicBool,
    /// Held while free blocks go back: who finds no room waits until what others give back is there.
    trimming: Mutex<()>,
    warned: AtomicBool,
}

impl Pool {
    pub(crate) fn new(
        device: &Device,
        source: Arc<dyn MemorySource>,
        kind: PoolKind,
        (limit, host): (Option<usize>, Option<Arc<HostLimit>>),
        poison: bool,
    ) -> Self {
        Pool {
            device: device.clone(),
            source,
            kind,
            poison: poison && matches!(kind, PoolKind::Device(_)),
            free: FreeLists::default(),
            aside: Mutex::default(),
            ledger: Ledger::new(limit, host),
            closed: AtomicBool::new(false),
            trimming: Mutex::new(()),
            warned: AtomicBool::new(false),
        }
    }

    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    pub(crate) fn statistics(&self) -> PoolStatistics {
        let mut statistics = self.ledger.statistics();
        if self.is_ordered() {
            statistics.reserved = self.source.reserved_ordered();
            // Each buffer was one call, and its return another: no need to count them.
            let issued = statistics.requests - statistics.failures;
            statistics.driver_calls += (2 * issued).saturating_sub(statistics.buffers as u64);
        }
        statistics
    }

    fn is_ordered(&self) -> bool {
        self.kind == PoolKind::Device(AllocatorMode::StreamOrdered)
    }

    /// Whether reserved bytes are booked here: the driver's own pool knows what it reserves, but not the limit.
    fn books_reserved(&self) -> bool {
        !self.is_ordered() || self.ledger.is_limited()
    }

    /// A block of at least `bytes` for work on `stream`; without one, for the process itself.
    pub(crate) fn take(
        &self,
        bytes: usize,
        stream: Option<&Stream>,
        site: &'static Location<'static>,
    ) -> Result<Block, MemoryError> {
        let block = self.try_take(bytes, stream);
        match &block {
            Ok(block) => {
                self.ledger
                    .handed_out(block.address, block.bytes(), !block.fresh, site);
            }
            Err(_) => self.ledger.failed(),
        }
        block
    }

    fn try_take(&self, bytes: usize, stream: Option<&Stream>) -> Result<Block, MemoryError> {
        if self.closed.load(Relaxed) {
            return Err(MemoryError::ShutDown {
                asked: bytes,
                device: self.device.to_string(),
            });
        }
        if let Some(stream) = stream {
            self.check_device(stream)?;
        }
        let class = SizeClass::of(bytes).ok_or_else(|| self.never_fits(bytes))?;
        let total = self.device.capabilities().total_memory;
        if self.kind != PoolKind::Pinned && total.is_some_and(|total| bytes as u64 > total) {
            return Err(self.never_fits(bytes));
        }
        if self.is_ordered() {
            return self.grow(bytes, class, stream);
        }
        match self
            .free
            .take(class, stream.map(Stream::id), &self.device)?
        {
            Some(block) => match self.check_poison(&block, stream) {
                Ok(()) => Ok(block),
                Err(error) => {
                    self.discard(block);
                    Err(error)
                }
            },
            None => self.grow(bytes, class, stream),
        }
    }

    /// Events and streams of one device mean nothing to another.
    pub(crate) fn check_device(&self, stream: &Stream) -> Result<(), DeviceError> {
        if stream.device().id() == self.device.id() {
            return Ok(());
        }
        Err(DeviceError::WrongDevice {
            expected: format!("the memory of {}", self.device),
            got: stream.device().to_string(),
        })
    }

    /// Takes a block back, behind what is in `stream` now; without one, behind the block's own event.
    pub(crate) fn put(&self, mut block: Block, stream: Option<Stream>) {
        self.ledger.taken_back(block.address, block.bytes());
        block.fresh = false;
        match stream {
            None if *block.other_streams.get_mut() == OtherStreams::Unordered => {
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

    /// Sees to it that all work that uses the block is in `stream`, or ordered before its end.
    fn end_use(&self, block: &mut Block, stream: &Stream) -> Result<(), DeviceError> {
        block
            .other_streams
            .get_mut()
            .wait_if_unordered(&self.device)?;
        match self.poison {
            true => poison::fill(block, stream),
            false => Ok(()),
        }
    }

    /// Frees a block of the stream-ordered mode behind what is in `stream`.
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

    /// Keeps a block that cannot be freed yet. A lost device has lost its memory too.
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

    fn check_poison(&self, block: &Block, stream: Option<&Stream>) -> Result<(), MemoryError> {
        match stream.filter(|_| self.poison) {
            Some(stream) => poison::check(block, stream, &self.device),
            None => Ok(()),
        }
    }

    /// Gives a block back that nobody shall have any more, when all work that might still use it is over.
    fn discard(&self, block: Block) {
        let rest = self.device.synchronize();
        if let Err(error) = rest.and_then(|()| self.free_now(block)) {
            tracing::error!("memory of {} was not given back: {error}", self.device);
        }
    }

    /// A new block. Where there is none, what is deferred is finished, what is free goes back, and it is tried once more.
    fn grow(
        &self,
        asked: usize,
        class: SizeClass,
        stream: Option<&Stream>,
    ) -> Result<Block, MemoryError> {
        if !self.ledger.could_fit(class.bytes()) {
            return Err(self.over_limit(asked, class, PassedLimit::Own));
        }
        let block = match self.allocate(asked, class, stream) {
            Err(
                MemoryError::OverLimit { .. }
                | MemoryError::OverHostLimit { .. }
                | MemoryError::NotNow { .. },
            ) => {
                self.trim()?;
                self.allocate(asked, class, stream)
            }
            other => other,
        };
        match block {
            Err(error) if self.kind == PoolKind::Pinned && may_be_pageable(&error) => {
                self.grow_pageable(class, &error).ok_or(error)
            }
            other => other,
        }
    }

    fn allocate(
        &self,
        asked: usize,
        class: SizeClass,
        stream: Option<&Stream>,
    ) -> Result<Block, MemoryError> {
        let bytes = class.bytes();
        if self.books_reserved() {
            let passed = |passed| self.over_limit(asked, class, passed);
            self.ledger.reserve(bytes).map_err(passed)?;
        }
        let address = match (self.kind, stream) {
            (PoolKind::Device(AllocatorMode::StreamOrdered), Some(stream)) => {
                self.source.allocate_ordered(bytes, stream)
            }
            (PoolKind::Device(_), _) => self.source.allocate(bytes),
            (PoolKind::Pinned, _) => self.source.allocate_pinned(bytes),
        };
        match address {
            Ok(address) => {
                if !self.is_ordered() {
                    self.ledger.driver_calls.fetch_add(1, Relaxed);
                }
                Ok(Block::new(address, class))
            }
            Err(error) => {
                self.ledger.driver_calls.fetch_add(1, Relaxed);
                if self.books_reserved() {
                    self.ledger.unreserve(bytes);
                }
                Err(self.not_now(asked, error))
            }
        }
    }

    fn grow_pageable(&self, class: SizeClass, reason: &MemoryError) -> Option<Block> {
        self.ledger.reserve(class.bytes()).ok()?;
        let Some(address) = pageable::allocate(class.bytes()) else {
            self.ledger.unreserve(class.bytes());
            return None;
        };
        if !self.warned.swap(true, Relaxed) {
            tracing::warn!(
                "using pageable memory for copies from and to {}: {reason}",
                self.device
            );
        }
        self.ledger.pageable.fetch_add(class.bytes(), Relaxed);
        let mut block = Block::new(address, class);
        block.pageable = true;
        Some(block)
    }

    /// Gives every free block back to the driver, after waiting for the work that still uses it.
    pub(crate) fn trim(&self) -> Result<(), DeviceError> {
        let _turn = self.trimming.lock();
        if self.is_ordered() {
            self.device.synchronize()?;
            let freed = self.free_aside();
            return freed.and(self.source.trim_ordered());
        }
        let is_waited_for = !self.aside.lock().is_empty();
        let mut result = match is_waited_for {
            true => self.device.synchronize().and_then(|()| self.free_aside()),
            false => Ok(()),
        };
        for block in self.free.drain() {
            result = result.and(self.free_now(block));
        }
        result
    }

    /// Frees what was set aside; the device has come to rest.
    fn free_aside(&self) -> Result<(), DeviceError> {
        let aside = std::mem::take(&mut *self.aside.lock());
        let mut result = Ok(());
        for (mut block, stream) in aside {
            *block.other_streams.get_mut() = OtherStreams::Ordered;
            block.last_use = LastUse::Complete;
            match stream.filter(|_| self.is_ordered()) {
                Some(stream) => self.free_in_order(&block, &stream),
                None => result = result.and(self.free_now(block)),
            }
        }
        result
    }

    /// Hands out nothing from now on, and gives back what is free.
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
            // SAFETY: the block came from `pageable::allocate` with this size, is owned, and its last use is over.
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

    fn never_fits(&self, asked: usize) -> MemoryError {
        let total = self.device.capabilities().total_memory.unwrap_or(0);
        MemoryError::NeverFits {
            asked,
            device: self.device.to_string(),
            total,
        }
    }

    fn over_limit(&self, asked: usize, class: SizeClass, passed: PassedLimit) -> MemoryError {
        if let PassedLimit::Host { limit, reserved } = passed {
            return MemoryError::OverHostLimit {
                asked,
                block: class.bytes(),
                limit,
                reserved,
            };
        }
        let limit = self.ledger.limit().unwrap_or(usize::MAX);
        MemoryError::OverLimit {
            asked,
            block: class.bytes(),
            limit,
            in_use: self.ledger.in_use(),
        }
    }

    fn not_now(&self, asked: usize, error: DeviceError) -> MemoryError {
        let DeviceError::OutOfMemory { device, .. } = error else {
            return error.into();
        };
        let PoolStatistics {
            in_use, high_water, ..
        } = self.ledger.statistics();
        let free = self.device.free_memory();
        MemoryError::NotNow {
            asked,
            device,
            free,
            in_use,
            high_water,
        }
    }
}

/// Whether other memory of the host can take the place of page-locked memory.
fn may_be_pageable(error: &MemoryError) -> bool {
    match error {
        MemoryError::Device(error) => error.severity() != Severity::DeviceLost,
        MemoryError::OverHostLimit { .. } => false,
        _ => true,
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Err(error) = self.trim() {
            // A lost device has lost its memory too.
            tracing::warn!("memory of {} was not given back: {error}", self.device);
        }
    }
}
