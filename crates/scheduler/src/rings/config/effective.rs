//! The sizes in force, from the builder, the environment and the defaults.

use super::{Results, RingConfig, variable};
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
    /// Bytes of output memory, both parts.
    pub arena: Setting<u64>,
    /// Bytes of the part for exported results; the rest is for intermediates.
    pub arena_exported: Setting<u64>,
    /// Exported results at once.
    pub export_slots: Setting<u64>,
    /// How long a blocking submit waits without any progress.
    pub stall_timeout: Duration,
    /// Bytes of memory for rings, edges and slots, without the arena.
    pub metadata_bytes: u64,
    pub(in crate::rings) first_task: u64,
}

impl EffectiveConfig {
    /// All sizes, in the order in which they are documented.
    pub fn settings(&self) -> [Setting<u64>; 6] {
        [
            self.task_window,
            self.consumed_window,
            self.edge_pool,
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

/// A size that follows from others, and that nothing sets: the next power of two.
fn derived(name: &'static str, least: u64, how: &'static str) -> Setting<u64> {
    let value = least.next_power_of_two();
    let origin = Origin::Default(how);
    Setting {
        name,
        value,
        origin,
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

    let task_window = match config.results {
        None => count(variable::TASK_WINDOW, config.task_window, (1024, "1024"))?,
        Some(of) => derived(variable::TASK_WINDOW, of.tasks.max(2), "tasks at once"),
    };
    let tasks = power_of_two(task_window, 2, 1 << 20)?;
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
    let (consumed_window, edge_pool) = match config.results {
        None => {
            let default = (4 * tasks, "4 x task window");
            let records = count(variable::CONSUMED_WINDOW, config.consumed_window, default)?;
            let default = (8 * tasks, "8 x task window");
            let edges = count(variable::EDGE_POOL, config.edge_pool, default)?;
            (records, edges)
        }
        // A task has its result until it is consumed: the results are what is full first.
        Some(_) => (
            derived(
                variable::CONSUMED_WINDOW,
                slots + tasks,
                "results and tasks",
            ),
            derived(variable::EDGE_POOL, 2, "no dependencies"),
        ),
    };
    let records = power_of_two(consumed_window, tasks, 1 << 24)?;
    let edges = power_of_two(edge_pool, 2, 1 << 28)?;

    let effective = EffectiveConfig {
        task_window,
        consumed_window,
        edge_pool,
        arena,
        arena_exported,
        export_slots,
        stall_timeout: config.stall_timeout.unwrap_or(Duration::from_millis(500)),
        metadata_bytes: tasks * slot_bytes as u64
            + records * size_of::<Record>() as u64
            + edges * EDGE_BYTES as u64
            + slots * Exports::SLOT_BYTES as u64,
        first_task: config.first_task,
    };
    if let Some(results) = config.results
        && results.extent() > arena_exported.value
    {
        return Err(SettingError::TooSmallForBatch {
            name: arena_exported.name,
            setting: arena_exported.to_string(),
            needed: results.extent(),
        });
    }
    Ok(effective)
}
