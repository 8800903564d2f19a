//! The settings of an engine that are in force.

use crate::config::ExecutionConfig;
use pixelflume_memory::AllocatorMode;
use pixelflume_scheduler::ExecutionMode;
use pixelflume_scheduler::settings::{Setting, write_settings};
use std::fmt;
use std::time::Duration;

/// Every setting in force but the sizes of the rings, and who decided on it. With those the `Display` text is the line that
/// is logged.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct EffectiveConfig {
    /// Batches that are filled, copied and computed at once.
    pub in_flight: Setting<usize>,
    /// The most frames of a batch.
    pub max_batch: Setting<u32>,
    /// Streams for the nodes of one batch.
    pub streams: Setting<usize>,
    /// The allocator that is asked for; what came of it is said by the memory manager.
    pub allocator: Setting<AllocatorMode>,
    /// The most bytes of device memory; `usize::MAX` where nobody set a limit.
    pub memory_limit: Setting<usize>,
    /// How batches are submitted.
    pub execution: Setting<ExecutionMode>,
    /// For how many batch sizes each slot keeps captured batches.
    pub replay_keys: Setting<usize>,
    /// Milliseconds without progress after which a call that waits for room gives up.
    pub stall_timeout_ms: Setting<u64>,
    pub(in crate::engine) one_lifetime: bool,
}

impl EffectiveConfig {
    /// Every setting with its value as text, in the order of the fields.
    pub fn settings(&self) -> [Setting<String>; 8] {
        [
            self.in_flight.as_text(),
            self.max_batch.as_text(),
            self.streams.as_text(),
            self.allocator.as_text(),
            self.memory_limit.as_text(),
            self.execution.as_text(),
            self.replay_keys.as_text(),
            self.stall_timeout_ms.as_text(),
        ]
    }

    /// The time without progress after which a call that waits for room gives up.
    pub fn stall_timeout(&self) -> Duration {
        Duration::from_millis(self.stall_timeout_ms.value)
    }

    pub(in crate::engine) fn execution_config(&self) -> ExecutionConfig {
        let limit = self.memory_limit.value;
        ExecutionConfig::default()
            .with_streams(self.streams.value)
            .with_max_batch(self.max_batch.value)
            .with_allocator(self.allocator.value)
            .with_memory_limit((limit < usize::MAX).then_some(limit))
            .with_execution(self.execution.value)
            .with_replay_keys(self.replay_keys.value)
    }
}

impl fmt::Display for EffectiveConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_settings(f, "engine", self.settings())
    }
}
