//! Settings of a memory manager.

use pixelflume_device::default_threads;
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// The way in which device memory is allocated.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq, Hash)]
pub enum AllocatorMode {
    /// Blocks by size class, kept for reuse. Works everywhere.
    #[default]
    Pooled,
    /// Allocations and frees that take their place in a stream, from a memory pool of the driver.
    StreamOrdered,
}

impl AllocatorMode {
    /// All modes.
    pub const ALL: [AllocatorMode; 2] = [AllocatorMode::Pooled, AllocatorMode::StreamOrdered];

    /// The name as command lines write it: `pooled` or `stream-ordered`.
    pub const fn name(self) -> &'static str {
        match self {
            AllocatorMode::Pooled => "pooled",
            AllocatorMode::StreamOrdered => "stream-ordered",
        }
    }
}

impl fmt::Display for AllocatorMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A text that names no allocator mode.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[error("{0:?} names no allocator; use pooled or stream-ordered")]
pub struct ParseAllocatorModeError(String);

impl FromStr for AllocatorMode {
    type Err = ParseAllocatorModeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mode = AllocatorMode::ALL
            .into_iter()
            .find(|mode| mode.name() == text);
        mode.ok_or_else(|| ParseAllocatorModeError(text.to_owned()))
    }
}

/// The mode in which a manager works, and the reason where it is not the requested mode.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EffectiveMode {
    /// The mode in force.
    pub mode: AllocatorMode,
    /// The reason why the requested mode is not in force; `None` where it is.
    pub fallback: Option<String>,
}

impl fmt::Display for EffectiveMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fallback {
            None => write!(f, "{}", self.mode),
            Some(reason) => write!(f, "{} (fallback: {reason})", self.mode),
        }
    }
}

/// Settings of a [`crate::MemoryManager`].
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct MemoryConfig {
    /// The requested allocator mode. The mode in force may differ: see
    /// [`crate::MemoryManager::effective_mode`].
    pub mode: AllocatorMode,
    /// Limit of device memory in bytes: reserved in the pooled mode, in use in the stream-ordered one. `None` leaves it to
    /// the device.
    pub limit: Option<usize>,
    /// Limit of the host's memory in bytes: page-locked memory, and device memory where the device is the host; reserved, both
    /// together. `None` leaves it to the system.
    pub host_limit: Option<usize>,
    /// Whether freed blocks are filled with a pattern that is checked when a block is reused, to find work that uses
    /// memory after its free. This is slow, since reuse waits for the device. The stream-ordered mode fills but
    /// cannot check.
    pub poison: bool,
    /// The number of threads that help with copies between ordinary and page-locked memory, at most [`MAX_COPY_THREADS`];
    /// with 0 the calling thread copies alone. They are started when they are first needed. `None`, the default, is one
    /// fewer than [`default_threads`], and at most 15.
    pub copy_threads: Option<usize>,
}

/// The most threads that help with copies between ordinary and page-locked memory.
pub const MAX_COPY_THREADS: usize = 64;

/// The most such threads where their number is not set: with the calling thread they fill the bus of a GPU.
const DEFAULT_COPY_THREADS: usize = 15;

impl MemoryConfig {
    /// The same settings with this allocator mode.
    #[must_use]
    pub fn with_mode(mut self, mode: AllocatorMode) -> Self {
        self.mode = mode;
        self
    }

    /// The same settings with at most `bytes` bytes of device memory.
    #[must_use]
    pub fn with_limit(mut self, bytes: usize) -> Self {
        self.limit = Some(bytes);
        self
    }

    /// The same settings with at most `bytes` bytes of the host's memory.
    #[must_use]
    pub fn with_host_limit(mut self, bytes: usize) -> Self {
        self.host_limit = Some(bytes);
        self
    }

    /// The same settings with or without filling and checking of freed blocks.
    #[must_use]
    pub fn with_poison(mut self, poison: bool) -> Self {
        self.poison = poison;
        self
    }

    /// The same settings with this many threads that help with copies, at most [`MAX_COPY_THREADS`].
    #[must_use]
    pub fn with_copy_threads(mut self, threads: usize) -> Self {
        self.copy_threads = Some(threads);
        self
    }

    /// The number of threads to start for copies.
    pub(crate) fn threads_for_copies(&self) -> usize {
        match self.copy_threads {
            Some(threads) => threads.min(MAX_COPY_THREADS),
            None => (default_threads() - 1).min(DEFAULT_COPY_THREADS),
        }
    }
}
