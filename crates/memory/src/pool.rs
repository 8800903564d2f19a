//! A pool of memory: its ledger, its limits, and how a request is met.

mod give_back;
mod grow;

use crate::block::Block;
use crate::class::SizeClass;
use crate::config::AllocatorMode;
use crate::error::MemoryError;
use crate::freelist::FreeLists;
use crate::ledger::{HostLimit, Ledger};
use crate::order::check_device;
use crate::poison;
use crate::source::MemorySource;
use crate::statistics::PoolStatistics;
use parking_lot::Mutex;
use pixelflume_device::{Device, DeviceError, ProcessBound, Stream};
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// The kind of memory in a pool.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum PoolKind {
    Device(AllocatorMode),
    Pinned,
}

/// Blocks, each with the stream on which it was freed.
type SetAside = Vec<(Block, Option<Stream>)>;

pub(crate) struct Pool {
    device: Device,
    source: Arc<dyn MemorySource>,
    kind: PoolKind,
    poison: bool,
    free: ProcessBound<FreeLists>,
    /// Blocks that are set aside, since a call of the device failed and their last work may still
    /// run: each with the stream on which it was freed. They go back to the driver when the device
    /// is idle.
    aside: ProcessBound<Mutex<SetAside>>,
    pub(crate) ledger: Ledger,
    /// Whether the pool is shut down: it hands out nothing, and blocks that come back go to the
    /// driver at once.
    closed: AtomicBool,
    /// Locked while free blocks go back to the driver: a request that finds no room waits until the trim of
    /// another thread is done.
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
            free: ProcessBound::default(),
            aside: ProcessBound::default(),
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

    /// Whether the ledger counts the reserved bytes: always, except in the stream-ordered mode without a limit, where the
    /// driver's own pool counts them.
    fn books_reserved(&self) -> bool {
        !self.is_ordered() || self.ledger.is_limited()
    }

    /// Takes a block of at least `bytes` bytes for work on `stream`, or for the process itself
    /// where there is no stream.
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
        self.device.check_process()?;
        if self.closed.load(Relaxed) {
            return Err(MemoryError::ShutDown {
                asked: bytes,
                device: self.device.to_string(),
            });
        }
        if let Some(stream) = stream {
            self.check_device(stream)?;
            // The block is given back, and asked about, by whatever thread comes along.
            if stream.is_of_one_thread() {
                return Err(MemoryError::StreamOfOneThread {
                    asked: bytes,
                    device: self.device.to_string(),
                });
            }
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

    /// Refuses a stream of another device.
    pub(crate) fn check_device(&self, stream: &Stream) -> Result<(), DeviceError> {
        check_device(&self.device, stream)
    }

    fn check_poison(&self, block: &Block, stream: Option<&Stream>) -> Result<(), MemoryError> {
        match stream.filter(|_| self.poison) {
            Some(stream) => poison::check(block, stream, &self.device),
            None => Ok(()),
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        if self.device.is_inherited() {
            return;
        }
        if let Err(error) = self.trim() {
            // A lost device has lost its memory too.
            tracing::warn!("memory of {} was not given back: {error}", self.device);
        }
    }
}
