//! Statistics of the pools.

use crate::config::EffectiveMode;
use std::fmt;
use std::panic::Location;

/// Counters of one pool.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct PoolStatistics {
    /// Buffers that were requested.
    pub requests: u64,
    /// Requests served by a free block. Always 0 for stream-ordered memory, where the driver reuses.
    pub reuse_hits: u64,
    /// Allocations and frees by the driver.
    pub driver_calls: u64,
    /// Requests that failed.
    pub failures: u64,
    /// Buffers that are handed out.
    pub buffers: usize,
    /// Bytes of blocks that are handed out.
    pub in_use: usize,
    /// Bytes taken from the driver: handed out or kept for reuse.
    pub reserved: usize,
    /// The most bytes that were handed out at one time.
    pub high_water: usize,
    /// Bytes of pageable memory that took the place of page-locked memory, since the system gave no more.
    /// Always 0 for device memory.
    pub pageable: usize,
}

/// Counters of a memory manager.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct MemoryStatistics {
    /// The allocator in force.
    pub mode: EffectiveMode,
    /// Limit of device memory in bytes, if there is one.
    pub limit: Option<usize>,
    /// Counters of the pool of device memory.
    pub device: PoolStatistics,
    /// Counters of the pool of page-locked memory.
    pub pinned: PoolStatistics,
}

/// Memory that is still in use when its manager shuts down.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Leak {
    /// Bytes of the block; of all blocks together where the site is not known.
    pub bytes: usize,
    /// The place in the program that asked for the memory; known in debug builds.
    pub site: Option<&'static Location<'static>>,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.site {
            Some(site) => write!(f, "{} bytes asked for at {site}", self.bytes),
            None => write!(f, "{} bytes", self.bytes),
        }
    }
}
