//! One pool: lists of free blocks by size class, reused in stream order.
#![expect(unsafe_code, reason = "gives memory back to the driver by address")]

use crate::statistics::Counters;
use crate::{MemoryError, MemorySource, PoolStatistics, SizeClass};
use parking_lot::Mutex;
use pixelflume_device::{Address, Device, DeviceError, Event, Stream, StreamId};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Which memory a pool holds.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Device,
    Pinned,
}

/// A block of memory, owned by a buffer or by a pool's list.
pub(crate) struct Block {
    pub(crate) address: Address,
    pub(crate) class: SizeClass,
    /// Set when work was put into a stream that uses the block.
    pub(crate) event: Event,
    /// The stream that `event` was last recorded on, while that may not be over.
    pub(crate) pending: Option<StreamId>,
    /// Whether nobody had the block before.
    pub(crate) fresh: bool,
}

pub(crate) struct Pool {
    device: Device,
    source: Arc<dyn MemorySource>,
    kind: Kind,
    limit: Option<usize>,
    /// Free blocks by size class: requests of different sizes do not meet at a lock.
    free: Box<[Mutex<Vec<Block>>]>,
    counters: Counters,
}

impl Pool {
    pub(crate) fn new(
        device: &Device,
        source: Arc<dyn MemorySource>,
        kind: Kind,
        limit: Option<usize>,
    ) -> Self {
        let free = (0..SizeClass::COUNT)
            .map(|_| Mutex::new(Vec::new()))
            .collect();
        Pool {
            device: device.clone(),
            source,
            kind,
            limit,
            free,
            counters: Counters::default(),
        }
    }

    pub(crate) fn device(&self) -> &Device {
        &self.device
    }

    pub(crate) fn statistics(&self) -> PoolStatistics {
        self.counters.snapshot()
    }

    /// A block of at least `bytes`. Work on `stream` may use it at once; `None` is for use by the process itself.
    pub(crate) fn take(&self, bytes: usize, stream: Option<&Stream>) -> Result<Block, MemoryError> {
        self.counters.requests.fetch_add(1, Relaxed);
        let class = SizeClass::of(bytes).ok_or_else(|| self.never_fits(bytes))?;
        let block = match self.reuse(class, stream.map(Stream::id))? {
            Some(block) => {
                self.counters.reuse_hits.fetch_add(1, Relaxed);
                block
            }
            None => self.grow(bytes, class)?,
        };
        self.counters.handed_out(class.bytes());
        Ok(block)
    }

    /// Takes a block back. What was put into `block.pending` with its event still uses it.
    pub(crate) fn put(&self, block: Block) {
        self.counters.taken_back(block.class.bytes());
        self.free[block.class.index()].lock().push(block);
    }

    /// Gives a block up whose last use cannot be ordered: handing it out again could corrupt its next owner.
    pub(crate) fn abandon(&self, block: Block, error: &DeviceError) {
        let bytes = block.class.bytes();
        self.counters.taken_back(bytes);
        tracing::error!(
            "a block of {bytes} bytes on {} is lost: {error}",
            self.device
        );
    }

    /// A free block that `stream` may use now: one that it used last itself, or one that nobody uses any more.
    fn reuse(
        &self,
        class: SizeClass,
        stream: Option<StreamId>,
    ) -> Result<Option<Block>, DeviceError> {
        let mut free = self.free[class.index()].lock();
        let mut found = free
            .iter()
            .rposition(|block| stream.is_some() && block.pending == stream);
        if found.is_none() {
            for (index, block) in free.iter().enumerate() {
                if block.pending.is_none() || block.event.is_complete()? {
                    found = Some(index);
                    break;
                }
            }
        }
        Ok(found.map(|index| free.swap_remove(index)))
    }

    /// A new block: from the driver, after a trim where there is none left at first.
    fn grow(&self, bytes: usize, class: SizeClass) -> Result<Block, MemoryError> {
        let block = match self.allocate(bytes, class) {
            Err(MemoryError::OverLimit { .. } | MemoryError::NotNow { .. }) => {
                self.trim()?;
                self.allocate(bytes, class)
            }
            other => other,
        };
        if block.is_err()
            && self
                .device
                .capabilities()
                .total_memory
                .is_some_and(|total| bytes as u64 > total)
        {
            return Err(self.never_fits(bytes));
        }
        block
    }

    fn allocate(&self, asked: usize, class: SizeClass) -> Result<Block, MemoryError> {
        let bytes = class.bytes();
        let reserve = |reserved: usize| {
            let sum = reserved.checked_add(bytes)?;
            self.limit.is_none_or(|limit| sum <= limit).then_some(sum)
        };
        if self
            .counters
            .reserved
            .fetch_update(Relaxed, Relaxed, reserve)
            .is_err()
        {
            let limit = self.limit.unwrap_or(usize::MAX);
            return Err(MemoryError::OverLimit {
                asked,
                limit,
                in_use: self.statistics().in_use,
            });
        }
        let result = self.device.event().and_then(|event| {
            self.counters.driver_calls.fetch_add(1, Relaxed);
            let address = match self.kind {
                Kind::Device => self.source.allocate(bytes),
                Kind::Pinned => self.source.allocate_pinned(bytes),
            }?;
            Ok(Block {
                address,
                class,
                event,
                pending: None,
                fresh: true,
            })
        });
        result.map_err(|error| {
            self.counters.reserved.fetch_sub(bytes, Relaxed);
            let PoolStatistics {
                in_use, high_water, ..
            } = self.statistics();
            match error {
                DeviceError::OutOfMemory { device, .. } => MemoryError::NotNow {
                    asked,
                    device,
                    in_use,
                    high_water,
                },
                other => other.into(),
            }
        })
    }

    /// Gives every free block back to the driver, after waiting for the work that still uses it.
    pub(crate) fn trim(&self) -> Result<(), DeviceError> {
        let mut result = Ok(());
        for list in &self.free {
            // The lock is not held while the device is waited for.
            let blocks = std::mem::take(&mut *list.lock());
            for block in blocks {
                result = result.and(self.free(block));
            }
        }
        result
    }

    fn free(&self, block: Block) -> Result<(), DeviceError> {
        if block.pending.is_some() {
            block.event.synchronize()?;
        }
        let bytes = block.class.bytes();
        self.counters.driver_calls.fetch_add(1, Relaxed);
        self.counters.reserved.fetch_sub(bytes, Relaxed);
        // SAFETY: the block came from the same function of the source with the same size, it is owned here and so freed
        // once, and its last use is over: it had none, or its event was waited for.
        unsafe {
            match self.kind {
                Kind::Device => self.source.free(block.address, bytes),
                Kind::Pinned => self.source.free_pinned(block.address, bytes),
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
}

impl Drop for Pool {
    fn drop(&mut self) {
        if let Err(error) = self.trim() {
            // A lost device has lost its memory too.
            tracing::warn!("memory of {} was not given back: {error}", self.device);
        }
    }
}
