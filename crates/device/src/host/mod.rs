//! The host device: streams as FIFO queues over a worker pool, ordered by events.

mod action;
mod capture;
mod checker;
mod event;
mod graph;
mod memory;
mod ordered_pool;
mod stream;

pub(crate) use action::Action;
pub(crate) use event::HostEvent;
pub(crate) use graph::{HostExec, HostGraph};
pub(crate) use ordered_pool::HostOrderedPool;
pub(crate) use stream::HostStream;

use crate::access::Access;
use crate::capabilities::Capabilities;
use crate::error::DeviceError;
use crate::host::checker::Checker;
use crate::process::ProcessBound;
use crate::threads::default_threads;
use crate::workers::Pool;
use std::sync::Arc;

/// Settings of a host device.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct HostConfig {
    /// Worker threads; 0 takes [`default_threads`]. Where the system gives fewer, there are fewer:
    /// [`Capabilities::multiprocessors`](crate::Capabilities::multiprocessors) says how many.
    pub threads: usize,
    /// Whether the device has no workers, whatever `threads` says: the thread that puts work into a stream runs it, and calls return
    /// when it is done. For work that takes less time than to wake another thread. Default off.
    pub inline: bool,
    /// Whether the device checks that conflicting accesses to memory are ordered by streams and events, and refuses a
    /// launch that is not (see [`DeviceError::Unordered`]), or an access of the process to page-locked memory. For
    /// tests: it allocates and is slow. The default is what the environment variable [`CHECKED_VARIABLE`] says: `1` to
    /// check.
    pub checked: bool,
}

/// The environment variable that makes host devices check by default.
pub const CHECKED_VARIABLE: &str = "PIXELFLUME_CHECKED";

impl Default for HostConfig {
    fn default() -> Self {
        let checked = std::env::var_os(CHECKED_VARIABLE).is_some_and(|value| value == "1");
        HostConfig {
            threads: 0,
            inline: false,
            checked,
        }
    }
}

impl HostConfig {
    /// The same settings with this number of worker threads; 0 takes [`default_threads`].
    #[must_use]
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// The same settings with no workers, or with `threads` of them.
    #[must_use]
    pub fn with_inline(mut self, inline: bool) -> Self {
        self.inline = inline;
        self
    }

    /// The same settings with or without checking of the order of accesses.
    #[must_use]
    pub fn with_checked(mut self, checked: bool) -> Self {
        self.checked = checked;
        self
    }
}

/// The host device: a worker pool, and the name and memory of the machine.
pub(crate) struct HostDevice {
    pool: ProcessBound<Pool>,
    checker: Option<Arc<Checker>>,
    capabilities: Capabilities,
}

impl HostDevice {
    pub(crate) fn new(config: &HostConfig) -> Self {
        let threads = match config.threads {
            _ if config.inline => 0,
            0 => default_threads(),
            threads => threads,
        };
        let pool = Pool::new("pixelflume-", threads);
        let capabilities = Capabilities {
            name: memory::processor_name(),
            compute_capability: None,
            multiprocessors: u32::try_from(pool.threads()).unwrap_or(u32::MAX),
            blocks_per_multiprocessor: None,
            total_memory: memory::total_memory(),
            l2_bytes: None,
            memory_pools: true,
            driver_version: None,
        };
        HostDevice {
            pool: ProcessBound::new(pool),
            checker: config.checked.then(Arc::default),
            capabilities,
        }
    }

    pub(crate) fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    pub(crate) fn stream(self: &Arc<Self>) -> HostStream {
        HostStream::new(self.pool.shared(), self.checker.clone())
    }

    pub(crate) fn event(&self) -> HostEvent {
        HostEvent::new(self.checker.clone())
    }

    pub(crate) fn timing_event(&self) -> HostEvent {
        HostEvent::with_times(self.checker.clone())
    }

    pub(crate) fn instantiate(&self, graph: HostGraph) -> HostExec {
        graph.instantiate(self.checker.clone())
    }

    /// Refuses an access of the process to memory that work in flight touches, on a checked device.
    pub(crate) fn host_access(&self, access: &Access, what: &str) -> Result<(), DeviceError> {
        match &self.checker {
            Some(checker) => checker.host_access(access, what),
            None => Ok(()),
        }
    }

    /// Waits until no stream of the device has work left.
    pub(crate) fn synchronize(&self) {
        self.pool.shared().wait_until_idle();
        if let Some(checker) = &self.checker {
            checker.host_waited_for(None);
        }
    }
}

pub(crate) use memory::{allocate, available_memory, free};
