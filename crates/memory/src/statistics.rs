//! What the pools did, as data.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// Counters of one pool.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct PoolStatistics {
    /// Buffers asked for.
    pub requests: u64,
    /// Requests served by a block that was there.
    pub reuse_hits: u64,
    /// Allocations and frees by the driver.
    pub driver_calls: u64,
    /// Bytes of blocks that are handed out.
    pub in_use: usize,
    /// Bytes taken from the driver: handed out or kept for reuse.
    pub reserved: usize,
    /// The most bytes that were handed out at one time.
    pub high_water: usize,
}

/// Counters of a memory manager.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct MemoryStatistics {
    /// Device memory.
    pub device: PoolStatistics,
    /// Page-locked memory.
    pub pinned: PoolStatistics,
}

/// The live counters behind [`PoolStatistics`].
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) requests: AtomicU64,
    pub(crate) reuse_hits: AtomicU64,
    pub(crate) driver_calls: AtomicU64,
    in_use: AtomicUsize,
    pub(crate) reserved: AtomicUsize,
    high_water: AtomicUsize,
}

impl Counters {
    pub(crate) fn handed_out(&self, bytes: usize) {
        let now = self.in_use.fetch_add(bytes, Relaxed) + bytes;
        self.high_water.fetch_max(now, Relaxed);
    }

    pub(crate) fn taken_back(&self, bytes: usize) {
        self.in_use.fetch_sub(bytes, Relaxed);
    }

    pub(crate) fn snapshot(&self) -> PoolStatistics {
        PoolStatistics {
            requests: self.requests.load(Relaxed),
            reuse_hits: self.reuse_hits.load(Relaxed),
            driver_calls: self.driver_calls.load(Relaxed),
            in_use: self.in_use.load(Relaxed),
            reserved: self.reserved.load(Relaxed),
            high_water: self.high_water.load(Relaxed),
        }
    }
}
