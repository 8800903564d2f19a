//! The sizes of the rings: set by the builder, by the environment or by default, and checked as a whole.

mod effective;

pub use effective::EffectiveConfig;

use crate::settings::{SettingError, process_environment};
use std::time::Duration;

/// The environment variables, in the order of [`EffectiveConfig::settings`].
pub(super) mod variable {
    pub(in crate::rings) const TASK_WINDOW: &str = "PIXELFLUME_TASK_WINDOW";
    pub(in crate::rings) const CONSUMED_WINDOW: &str = "PIXELFLUME_CONSUMED_WINDOW";
    pub(in crate::rings) const EDGE_POOL: &str = "PIXELFLUME_EDGE_POOL";
    pub(in crate::rings) const PAYLOAD_RING: &str = "PIXELFLUME_PAYLOAD_RING";
    pub(in crate::rings) const ARENA: &str = "PIXELFLUME_ARENA";
    pub(in crate::rings) const ARENA_EXPORTED: &str = "PIXELFLUME_ARENA_EXPORTED";
    pub(in crate::rings) const EXPORT_SLOTS: &str = "PIXELFLUME_EXPORT_SLOTS";
}

/// The most that one batch can need; rings that could never hold it are refused.
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
pub struct BatchNeed {
    /// Tasks of the batch: all of them keep their records until the batch is closed.
    pub tasks: u64,
    /// Edges of the task with the most edges.
    pub edges: u64,
    /// Payload bytes of the task with the largest payload.
    pub payload_bytes: u64,
    /// Bytes of intermediates, of all tasks: they stay until the batch is closed.
    pub transient_bytes: u64,
    /// Bytes of results, of all tasks.
    pub exported_bytes: u64,
}

/// Rings for results of one size; see [`RingConfig::for_results`].
#[derive(Copy, Clone, Debug)]
pub(super) struct Results {
    bytes: u64,
    count: u64,
    how: &'static str,
}

/// Sizes of the rings. A size that is not set comes from the environment, and otherwise is the default.
#[derive(Clone, Debug, Default)]
pub struct RingConfig {
    task_window: Option<u64>,
    consumed_window: Option<u64>,
    edge_pool: Option<u64>,
    payload_ring: Option<u64>,
    arena: Option<u64>,
    arena_exported: Option<u64>,
    export_slots: Option<u64>,
    stall_timeout: Option<Duration>,
    largest_batch: BatchNeed,
    results: Option<Results>,
    first_task: u64,
    one_lifetime: bool,
}

impl RingConfig {
    /// A configuration in which nothing is set.
    pub fn new() -> Self {
        RingConfig::default()
    }

    /// Sets the number of tasks that can be submitted and not released: slots of the main ring, a power of
    /// two from 2 to 2^20. Variable `PIXELFLUME_TASK_WINDOW`, default 1024.
    pub fn task_window(mut self, tasks: u64) -> Self {
        self.task_window = Some(tasks);
        self
    }

    /// Sets the number of tasks that can be submitted and not consumed: slots of the consumed ring, a power of two from
    /// the task window to 2^24. Variable `PIXELFLUME_CONSUMED_WINDOW`, default four times the task window.
    pub fn consumed_window(mut self, tasks: u64) -> Self {
        self.consumed_window = Some(tasks);
        self
    }

    /// Sets the number of dependencies of unreleased tasks: a power of two from 2 to 2^28. Variable
    /// `PIXELFLUME_EDGE_POOL`, default eight times the task window.
    pub fn edge_pool(mut self, edges: u64) -> Self {
        self.edge_pool = Some(edges);
        self
    }

    /// Sets the bytes for the payloads of unreleased tasks: a multiple of 8, at most 2^32. Variable
    /// `PIXELFLUME_PAYLOAD_RING`, default 1 KiB for each slot of the main ring.
    pub fn payload_ring(mut self, bytes: u64) -> Self {
        self.payload_ring = Some(bytes);
        self
    }

    /// Sets the bytes of output memory, both parts together: a multiple of [`super::OUTPUT_ALIGN`]. Variable
    /// `PIXELFLUME_ARENA`, default 256 MiB.
    pub fn arena(mut self, bytes: u64) -> Self {
        self.arena = Some(bytes);
        self
    }

    /// Sets the part of the arena for exported results, in bytes: a multiple of [`super::OUTPUT_ALIGN`], at most the
    /// arena. Variable `PIXELFLUME_ARENA_EXPORTED`, default half of the arena.
    pub fn arena_exported(mut self, bytes: u64) -> Self {
        self.arena_exported = Some(bytes);
        self
    }

    /// Sets the number of exported results that can exist at once, from 1 to 2^20. Variable `PIXELFLUME_EXPORT_SLOTS`,
    /// default the task window.
    pub fn export_slots(mut self, results: u64) -> Self {
        self.export_slots = Some(results);
        self
    }

    /// Sets how long a blocking submit waits without any progress of the ring that it waits for. Default
    /// 500 ms.
    pub fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.stall_timeout = Some(timeout);
        self
    }

    /// Refuses sizes that cannot hold a batch like this.
    pub fn largest_batch(mut self, need: BatchNeed) -> Self {
        self.largest_batch = need;
        self
    }

    /// Sizes the rings for tasks whose only memory is a result of `bytes` bytes. By default there is room for `count`
    /// results, computed as `how` says. The other defaults change with it: the arena holds all results and nothing
    /// else, a size of the arena that is set gives the number of results, and there are no payloads. Sizes that hold no
    /// result are refused.
    pub fn for_results(mut self, bytes: u64, count: u64, how: &'static str) -> Self {
        self.results = Some(Results { bytes, count, how });
        self.largest_batch.exported_bytes = self.largest_batch.exported_bytes.max(bytes);
        self
    }

    /// Sets the number of the first task. Numbers wrap around; tests start shortly before that.
    pub fn first_task(mut self, number: u64) -> Self {
        self.first_task = number;
        self
    }

    /// Keeps descriptor, payload and edges until the task is consumed, as a single ring would. Only to measure what the
    /// split is worth.
    pub fn one_lifetime(mut self, on: bool) -> Self {
        self.one_lifetime = on;
        self
    }

    /// The sizes that these rings will have in this environment, for descriptors of type `D`.
    pub fn effective<D>(&self) -> Result<EffectiveConfig, SettingError> {
        self.effective_in::<D>(process_environment)
    }

    /// The sizes like [`RingConfig::effective`], in an environment of the caller.
    pub fn effective_in<D>(
        &self,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<EffectiveConfig, SettingError> {
        effective::resolve(self, &environment, super::slot_bytes::<D>())
    }
}
