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
    pub(in crate::rings) const ARENA: &str = "PIXELFLUME_ARENA";
    pub(in crate::rings) const ARENA_EXPORTED: &str = "PIXELFLUME_ARENA_EXPORTED";
    pub(in crate::rings) const EXPORT_SLOTS: &str = "PIXELFLUME_EXPORT_SLOTS";
}

/// Rings for results of one size; see [`RingConfig::for_results`].
#[derive(Copy, Clone, Debug)]
pub(super) struct Results {
    tasks: u64,
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
    arena: Option<u64>,
    arena_exported: Option<u64>,
    export_slots: Option<u64>,
    stall_timeout: Option<Duration>,
    results: Option<Results>,
    first_task: u64,
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

    /// Sizes the rings for tasks without dependencies, of which at most `tasks` are unreleased, and whose only memory is a result
    /// of `bytes` bytes. The windows and the pool of edges follow from that, whatever the environment says. By default there is
    /// room for `count` results, computed as `how` says; the arena holds all results and nothing else, and a size of the arena that
    /// is set gives the number of results. Sizes that hold no result are refused.
    pub fn for_results(mut self, tasks: u64, bytes: u64, count: u64, how: &'static str) -> Self {
        self.results = Some(Results {
            tasks,
            bytes,
            count,
            how,
        });
        self
    }

    /// Sets the number of the first task. Numbers wrap around; tests start shortly before that.
    pub fn first_task(mut self, number: u64) -> Self {
        self.first_task = number;
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
