//! The host device: streams as FIFO queues over a worker pool, ordered by events.

mod action;
mod capture;
mod event;
mod graph;
mod memory;
mod memory_pool;
mod pool;
mod stream;

pub(crate) use action::Action;
pub(crate) use event::HostEvent;
pub(crate) use graph::{HostExec, HostGraph};
pub(crate) use memory_pool::HostPool;
pub use pool::Workers;
pub(crate) use stream::HostStream;

use crate::{Capabilities, host::pool::Pool};
use std::sync::Arc;

/// How to set up a host device.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct HostConfig {
    /// Worker threads; 0 takes as many as the process may use cores.
    pub threads: usize,
}

impl HostConfig {
    /// The same with this number of worker threads; 0 takes as many as the process may use cores.
    #[must_use]
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }
}

/// The host device: a worker pool and what is known of the machine.
pub(crate) struct HostDevice {
    pool: Pool,
    capabilities: Capabilities,
}

impl HostDevice {
    pub(crate) fn new(config: &HostConfig) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if config.threads == 0 {
            cores
        } else {
            config.threads
        };
        let capabilities = Capabilities {
            name: memory::processor_name(),
            compute_capability: None,
            multiprocessors: threads as u32,
            total_memory: memory::total_memory(),
            l2_bytes: None,
            memory_pools: true,
            driver_version: None,
        };
        HostDevice {
            pool: Pool::new(threads),
            capabilities,
        }
    }

    pub(crate) fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    pub(crate) fn stream(self: &Arc<Self>) -> HostStream {
        HostStream::new(self.pool.shared())
    }

    pub(crate) fn event(&self) -> HostEvent {
        HostEvent::new()
    }

    /// Waits until no stream of the device has work left.
    pub(crate) fn synchronize(&self) {
        self.pool.shared().wait_until_idle();
    }
}

pub(crate) use memory::{allocate, available_memory, free};
