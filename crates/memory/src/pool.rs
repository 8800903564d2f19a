//! One pool of memory: its books, its limit, and the ladder that a request climbs before it fails.
#![expect(unsafe_code, reason = "gives memory back to the driver by address")]

use crate::block::Block;
use crate::freelist::FreeLists;
use crate::ledger::Ledger;
use crate::{
    AllocatorMode, MemoryError, MemorySource, PoolStatistics, SizeClass, pageable, poison,
};
use pixelflume_device::{Device, DeviceError, Severity, Stream};
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Which memory a pool holds.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Device(AllocatorMode),
    Pinned,
}

pub(crate) struct Pool {
    device: Device,
    source: Arc<dyn MemorySource>,
    kind: Kind,
    poison: bool,
    free: FreeLists,
    pub(crate) ledger: Ledger,
    /// Set by the shutdown: what comes back goes to the driver at once, and nothing is handed out.
    closed: AtomicBool,
    warned: AtomicBool,
}

impl Pool {
    pub(crate) fn new(
        device: &Device,
        source: Arc<dyn MemorySource>,
        kind: Kind,
        limit: Option<usize>,
        poison: bool,
    ) -> Self {
        Pool {
            device: device.clone(),
            source,
            kind,
            poison: poison && matches!(kind, Kind::Device(_)),
            free: FreeLists::default(),
            ledger: Ledger::new(limit),
            closed: AtomicBool::new(false),
            warned: AtomicBool::new(false),
        }
    }

    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    pub(crate) fn statistics(&self) -> PoolStatistics {
        let mut statistics = self.ledger.statistics();
        if self.kind == Kind::Device(AllocatorMode::StreamOrdered) {
            statistics.reserved = self.source.reserved_ordered();
        }
        statistics
    }

    /// A block of at least `bytes` for work on `stream`; without one, for the process itself.
    pub(crate) fn take(
        &self,
        bytes: usize,
        stream: Option<&Stream>,
        site: &'static Location<'static>,
    ) -> Result<Block, MemoryError> {
        self.ledger.requests.fetch_add(1, Relaxed);
        let block = self.try_take(bytes, stream);
        match &block {
            Ok(block) => self.ledger.handed_out(block.address, block.bytes(), site),
            Err(_) => drop(self.ledger.failures.fetch_add(1, Relaxed)),
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
        let class = SizeClass::of(bytes).ok_or_else(|| self.never_fits(bytes))?;
        let total = self.device.capabilities().total_memory;
        if self.kind != Kind::Pinned && total.is_some_and(|total| bytes as u64 > total) {
            return Err(self.never_fits(bytes));
        }
        if !self.ledger.claim(class.bytes()) {
            return Err(self.over_limit(bytes));
        }
        let block = match self.free.take(class, stream.map(Stream::id)) {
            Ok(Some(block)) => {
                self.ledger.reuse_hits.fetch_add(1, Relaxed);
                self.check_poison(block, stream)
            }
            Ok(None) => self.grow(bytes, class, stream),
            Err(error) => Err(error.into()),
        };
        block.inspect_err(|_| self.ledger.withdraw(class.bytes()))
    }

    /// Takes a block back, behind what is in `stream` now; without one, behind the block's own event.
    pub(crate) fn put(&self, mut block: Block, stream: Option<&Stream>) {
        self.ledger.taken_back(block.address, block.bytes());
        if let Err(error) = self.try_put(&mut block, stream) {
            // Handing it out again could corrupt its next owner; a lost device has lost its memory too.
            let bytes = block.bytes();
            tracing::error!(
                "a block of {bytes} bytes on {} is given up: {error}",
                self.device
            );
            return;
        }
        if self.kind == Kind::Device(AllocatorMode::StreamOrdered) {
            return;
        }
        if self.closed.load(Relaxed) {
            if let Err(error) = self.free_now(block) {
                tracing::error!("memory of {} was not given back: {error}", self.device);
            }
            return;
        }
        self.free.put(block);
    }

    fn try_put(&self, block: &mut Block, stream: Option<&Stream>) -> Result<(), DeviceError> {
        let Some(stream) = stream else { return Ok(()) };
        if self.poison {
            poison::fill(block, stream)?;
        }
        if self.kind == Kind::Device(AllocatorMode::StreamOrdered) {
            self.ledger.driver_calls.fetch_add(1, Relaxed);
            // SAFETY: the block came from `allocate_ordered` with this size and is owned, so it is freed once; the buffer's
            // stream is ordered behind all work that uses it.
            return unsafe {
                self.source
                    .free_ordered(block.address, block.bytes(), stream)
            };
        }
        stream.record(block.event(&self.device)?)?;
        block.pending = Some(stream.id());
        Ok(())
    }

    fn check_poison(&self, block: Block, stream: Option<&Stream>) -> Result<Block, MemoryError> {
        match stream.filter(|_| self.poison) {
            Some(stream) => poison::check(block, stream, &self.device),
            None => Ok(block),
        }
    }

    /// A new block. Where there is none, what is deferred is finished, what is free goes back, and it is tried once more.
    fn grow(
        &self,
        asked: usize,
        class: SizeClass,
        stream: Option<&Stream>,
    ) -> Result<Block, MemoryError> {
        let first = self.allocate(asked, class, stream);
        let block = match first {
            Err(MemoryError::OverLimit { .. } | MemoryError::NotNow { .. }) => {
                self.trim()?;
                self.allocate(asked, class, stream)
            }
            other => other,
        };
        match block {
            Err(error) if self.kind == Kind::Pinned && !is_lost(&error) => {
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
        if !self.ledger.reserve(bytes) {
            return Err(self.over_limit(asked));
        }
        self.ledger.driver_calls.fetch_add(1, Relaxed);
        let address = match (self.kind, stream) {
            (Kind::Device(AllocatorMode::StreamOrdered), Some(stream)) => {
                // The driver's pool keeps the books of what it reserves.
                self.ledger.unreserve(bytes);
                return self
                    .source
                    .allocate_ordered(bytes, stream)
                    .map(|address| Block::new(address, class))
                    .map_err(|error| self.not_now(asked, error));
            }
            (Kind::Device(_), _) => self.source.allocate(bytes),
            (Kind::Pinned, _) => self.source.allocate_pinned(bytes),
        };
        address
            .map(|address| Block::new(address, class))
            .map_err(|error| {
                self.ledger.unreserve(bytes);
                self.not_now(asked, error)
            })
    }

    fn grow_pageable(&self, class: SizeClass, reason: &MemoryError) -> Option<Block> {
        let address = pageable::allocate(class.bytes())?;
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
        if self.kind == Kind::Device(AllocatorMode::StreamOrdered) {
            self.device.synchronize()?;
            return self.source.trim_ordered();
        }
        let mut result = Ok(());
        for block in self.free.drain() {
            result = result.and(self.free_now(block));
        }
        result
    }

    /// Hands out nothing from now on, and gives back what is free.
    pub(crate) fn close(&self) -> Result<(), DeviceError> {
        self.closed.store(true, Relaxed);
        self.trim()
    }

    fn free_now(&self, mut block: Block) -> Result<(), DeviceError> {
        block.wait()?;
        let (address, bytes) = (block.address, block.bytes());
        if block.pageable {
            self.ledger.pageable.fetch_sub(bytes, Relaxed);
            // SAFETY: the block came from `pageable::allocate` with this size, is owned, and its last use is over.
            unsafe { pageable::free(address, bytes) };
            return Ok(());
        }
        self.ledger.driver_calls.fetch_add(1, Relaxed);
        self.ledger.unreserve(bytes);
        // SAFETY: the block came from the same function of the source with the same size, it is owned here and so freed
        // once, and its last use is over: it had none, or its event was waited for.
        unsafe {
            match self.kind {
                Kind::Device(_) => self.source.free(address, bytes),
                Kind::Pinned => self.source.free_pinned(address, bytes),
            }
        }
    }

    fn never_fits(&self, asked: usize) -> MemoryError {
        let total = self.device.capabilities().total_memory.unwrap_or(0);
        MemoryError::NeverFits {
            asked,
            device: self.device.to_string(),
            total,
        }
    }

    fn over_limit(&self, asked: usize) -> MemoryError {
        let limit = self.ledger.limit().unwrap_or(usize::MAX);
        MemoryError::OverLimit {
            asked,
            limit,
            in_use: self.ledger.statistics().in_use,
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

fn is_lost(error: &MemoryError) -> bool {
    matches!(error, MemoryError::Device(error) if error.severity() == Severity::DeviceLost)
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Err(error) = self.trim() {
            // A lost device has lost its memory too.
            tracing::warn!("memory of {} was not given back: {error}", self.device);
        }
    }
}
