//! The settings of an engine that are in force.

use crate::config::ExecutionConfig;
use pixelflume_memory::AllocatorMode;
use pixelflume_scheduler::ExecutionMode;
use pixelflume_scheduler::settings::{Setting, write_settings};
use std::fmt;
use std::time::Duration;

/// The settings in force, each with its origin, without the sizes of the rings. The `Display` text of both is the line that
/// is logged.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct EffectiveConfig {
    /// Batches that are filled, copied and computed at once, which is the number of lanes.
    pub in_flight: Setting<usize>,
    /// The most frames of a batch.
    pub max_batch: Setting<u32>,
    /// Streams for the nodes of one batch.
    pub streams: Setting<usize>,
    /// The requested allocator; the memory manager has the one in use.
    pub allocator: Setting<AllocatorMode>,
    /// The most bytes of device memory; `usize::MAX` without a limit.
    pub memory_limit: Setting<usize>,
    /// Direct execution or replay.
    pub execution: Setting<ExecutionMode>,
    /// The number of batch sizes for which each lane keeps captured graphs.
    pub replay_keys: Setting<usize>,
    /// Milliseconds without progress after which a call that waits for room fails.
    pub stall_timeout_ms: Setting<u64>,
    /// Bytes of the room for the pixels of one batch of images of any sizes.
    pub mixed_bytes: Setting<usize>,
    /// The most bytes of the frames of one batch that are given in device memory.
    pub tensor_bytes: Setting<usize>,
    /// The number of the first image in its data set.
    pub first_index: u64,
    /// The number of the pass over the data set.
    pub epoch: u64,
    /// Whether results stay on the device.
    pub device_outputs: bool,
}

impl EffectiveConfig {
    /// All settings with their values as text, in the order of the fields.
    pub fn settings(&self) -> [Setting<String>; 10] {
        [
            self.in_flight.as_text(),
            self.max_batch.as_text(),
            self.streams.as_text(),
            self.allocator.as_text(),
            self.memory_limit.as_text(),
            self.execution.as_text(),
            self.replay_keys.as_text(),
            self.stall_timeout_ms.as_text(),
            self.mixed_bytes.as_text(),
            self.tensor_bytes.as_text(),
        ]
    }

    /// The time without progress after which a call that waits for room fails.
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
