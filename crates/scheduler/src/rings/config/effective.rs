//! The sizes in force, from the builder, the environment and the defaults.

use super::{BatchNeed, Results, RingConfig, variable};
use crate::rings::OUTPUT_ALIGN;
use crate::rings::exports::Exports;
use crate::rings::record::{EDGE_BYTES, Record};
use crate::settings::{Form, Origin, Setting, SettingError, write_settings};
use std::fmt;
use std::time::Duration;

/// Every value in force, with its origin. The `Display` text is the line that is logged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EffectiveConfig {
    /// Slots of the main ring.
    pub task_window: Setting<u64>,
    /// Slots of the consumed ring.
    pub consumed_window: Setting<u64>,
    /// Edges.
    pub edge_pool: Setting<u64>,
    /// Bytes of payload.
    pub payload_ring: Setting<u64>,
    /// Bytes of output memory, both parts.
    pub arena: Setting<u64>,
    /// Bytes of the part for exported results; the rest is for intermediates.
    pub arena_exported: Setting<u64>,
    /// Exported results at once.
    pub export_slots: Setting<u64>,
    /// The number of exported results that can exist at once.
    pub stall_timeout: Duration,
    /// Bytes of memory for rings, edges, payloads and slots, without the arena.
    pub metadata_bytes: u64,
    pub(in crate::rings) first_task: u64,
    pub(in crate::rings) one_lifetime: bool,
}

impl EffectiveConfig {
    /// All sizes, in the order in which they are documented.
    pub fn settings(&self) -> [Setting<u64>; 7] {
        [
            self.task_window,
            self.consumed_window,
            self.edge_pool,
            self.payload_ring,
            self.arena,
            self.arena_exported,
            self.export_slots,
        ]
    }

    /// Bytes of the part for intermediates.
    pub fn transient_bytes(&self) -> u64 {
        self.arena.value - self.arena_exported.value
    }

    /// Bytes of the arena and of the memory that `metadata_bytes` counts.
    pub fn total_bytes(&self) -> u64 {
        self.metadata_bytes + self.arena.value
    }
}

impl fmt::Display for EffectiveConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_settings(f, "rings", self.settings())?;
        write!(
            f,
            " stall_timeout={:?} metadata_bytes={} total_bytes={}",
            self.stall_timeout,
            self.metadata_bytes,
            self.total_bytes()
        )
    }
}

impl Results {
    /// The bytes of a result, rounded up as in its part of the arena.
    fn extent(&self) -> u64 {
        let bytes = self.bytes.checked_next_multiple_of(OUTPUT_ALIGN);
        bytes.unwrap_or(u64::MAX).max(OUTPUT_ALIGN)
    }
}

fn power_of_two(setting: Setting<u64>, least: u64, most: u64) -> Result<u64, SettingError> {
    let rule = format_args!("a power of two from {least} to {most}");
    setting.check(rule, |value| {
        value.is_power_of_two() && (least..=most).contains(&value)
    })
}

fn multiple(setting: Setting<u64>, of: u64, least: u64, most: u64) -> Result<u64, SettingError> {
    let rule = format_args!("a multiple of {of} from {least} to {most}");
    setting.check(rule, |value| {
        value.is_multiple_of(of) && (least..=most).contains(&value)
    })
}

/// Resolves all sizes; every size in the program is derived from these values only.
pub(super) fn resolve(
    config: &RingConfig,
    environment: &dyn Fn(&str) -> Option<String>,
    slot_bytes: usize,
) -> Result<EffectiveConfig, SettingError> {
    let count =
        |name, built, default| Setting::resolve(environment, name, Form::count(), built, default);
    let bytes =
        |name, built, default| Setting::resolve(environment, name, Form::bytes(), built, default);

    let task_window = count(variable::TASK_WINDOW, config.task_window, (1024, "1024"))?;
    let tasks = power_of_two(task_window, 2, 1 << 20)?;
    let default = (4 * tasks, "4 x task window");
    let consumed_window = count(variable::CONSUMED_WINDOW, config.consumed_window, default)?;
    let records = power_of_two(consumed_window, tasks, 1 << 24)?;
    let default = (8 * tasks, "8 x task window");
    let edge_pool = count(variable::EDGE_POOL, config.edge_pool, default)?;
    let edges = power_of_two(edge_pool, 2, 1 << 28)?;
    let default = match config.results {
        Some(_) => (8, "no payloads"),
        None => (1024 * tasks, "1 KiB x task window"),
    };
    let payload_ring = bytes(variable::PAYLOAD_RING, config.payload_ring, default)?;
    let payload = multiple(payload_ring, 8, 8, 1 << 32)?;
    let default = match config.results {
        Some(results) => {
            let default = (results.count, results.how);
            let slots = count(variable::EXPORT_SLOTS, config.export_slots, default)?;
            let slots = multiple(slots, 1, 1, 1 << 20)?;
            (
                slots.saturating_mul(results.extent()),
                "one result for each slot",
            )
        }
        None => (256 << 20, "256 MiB"),
    };
    let arena = bytes(variable::ARENA, config.arena, default)?;
    multiple(arena, OUTPUT_ALIGN, OUTPUT_ALIGN, 1 << 48)?;
    let half = (arena.value / 2).next_multiple_of(OUTPUT_ALIGN);
    let default = match config.results {
        Some(_) => (arena.value, "arena"),
        None => (half, "arena / 2"),
    };
    let arena_exported = bytes(variable::ARENA_EXPORTED, config.arena_exported, default)?;
    multiple(arena_exported, OUTPUT_ALIGN, OUTPUT_ALIGN, arena.value)?;
    let default = match config.results {
        Some(results) if matches!(arena.origin, Origin::Default(_)) => (results.count, results.how),
        Some(results) => (
            (arena_exported.value / results.extent()).clamp(1, 1 << 20),
            "arena / result",
        ),
        None => (tasks, "task window"),
    };
    let export_slots = count(variable::EXPORT_SLOTS, config.export_slots, default)?;
    let slots = multiple(export_slots, 1, 1, 1 << 20)?;

    let effective = EffectiveConfig {
        task_window,
        consumed_window,
        edge_pool,
        payload_ring,
        arena,
        arena_exported,
        export_slots,
        stall_timeout: config.stall_timeout.unwrap_or(Duration::from_millis(500)),
        metadata_bytes: tasks * slot_bytes as u64
            + records * size_of::<Record>() as u64
            + edges * EDGE_BYTES as u64
            + payload
            + slots * Exports::SLOT_BYTES as u64,
        first_task: config.first_task,
        one_lifetime: config.one_lifetime,
    };
    holds(&effective, &config.largest_batch)?;
    Ok(effective)
}

fn holds(config: &EffectiveConfig, need: &BatchNeed) -> Result<(), SettingError> {
    let round = |bytes: u64| {
        bytes
            .checked_next_multiple_of(OUTPUT_ALIGN)
            .unwrap_or(u64::MAX)
    };
    let part = |arena: Setting<u64>, value: u64| Setting { value, ..arena };
    let needs = [
        (config.consumed_window, need.tasks),
        (config.edge_pool, need.edges),
        (config.payload_ring, need.payload_bytes),
        (
            part(config.arena, config.transient_bytes()),
            round(need.transient_bytes),
        ),
        (config.arena_exported, round(need.exported_bytes)),
    ];
    for (setting, needed) in needs {
        if needed > setting.value {
            return Err(SettingError::TooSmallForBatch {
                name: setting.name,
                setting: setting.to_string(),
                needed,
            });
        }
    }
    Ok(())
}
