//! From what was asked for to what is in force.

use super::{BatchNeed, Results, RingConfig, variable};
use crate::rings::OUTPUT_ALIGN;
use crate::rings::exports::Exports;
use crate::rings::record::{EDGE_BYTES, Record};
use std::fmt;
use std::time::Duration;
use thiserror::Error;

/// Where a value came from.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub enum Origin {
    /// The program set it.
    Builder,
    /// The environment variable of the setting.
    Environment,
    /// Nobody set it; says how it is computed.
    Default(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::Builder => f.write_str("builder"),
            Origin::Environment => f.write_str("environment"),
            Origin::Default(how) => write!(f, "default {how}"),
        }
    }
}

/// A value in force.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Setting {
    /// The environment variable that can set it, and its name in messages.
    pub name: &'static str,
    /// The value in force: slots, edges, bytes or results.
    pub value: u64,
    /// Who decided.
    pub origin: Origin,
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.value, self.origin)
    }
}

/// Why a configuration was refused.
#[derive(Clone, Debug, Eq, PartialEq, Error)]
pub enum ConfigError {
    /// An environment variable is not a size.
    #[error(
        "{name}={value:?} is not a size: write a whole number, with KiB, MiB or GiB after it if you like"
    )]
    NotASize {
        /// The variable.
        name: &'static str,
        /// What it says.
        value: String,
    },
    /// A value cannot be used.
    #[error("{name} is {setting}: it must be {rule}")]
    Refused {
        /// The setting, by its variable.
        name: &'static str,
        /// Its value and who set it.
        setting: Setting,
        /// What it must be.
        rule: String,
    },
    /// The largest batch does not fit.
    #[error(
        "{name} is {setting}, but the largest batch needs {needed}: raise it, or make the batches smaller"
    )]
    TooSmallForBatch {
        /// The setting, by its variable.
        name: &'static str,
        /// Its value and who set it.
        setting: Setting,
        /// What the batch needs, with padding.
        needed: u64,
    },
}

/// Every value in force, and who decided on it. The `Display` text is the line that is logged.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct EffectiveConfig {
    /// Slots of the main ring.
    pub task_window: Setting,
    /// Slots of the consumed ring.
    pub consumed_window: Setting,
    /// Edges.
    pub edge_pool: Setting,
    /// Bytes of payload.
    pub payload_ring: Setting,
    /// Bytes of output memory, both lanes.
    pub arena: Setting,
    /// Bytes of the lane for exported results; the rest is for intermediates.
    pub arena_exported: Setting,
    /// Exported results at once.
    pub export_slots: Setting,
    /// Time without progress after which a blocking submit gives up.
    pub stall_timeout: Duration,
    /// Bytes of memory for rings, edges, payloads and slots, without the arena.
    pub metadata_bytes: u64,
    pub(in crate::rings) first_task: u64,
    pub(in crate::rings) one_lifetime: bool,
}

impl EffectiveConfig {
    /// All sizes, in the order in which they are documented.
    pub fn settings(&self) -> [Setting; 7] {
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

    /// Bytes of the lane for intermediates.
    pub fn transient_bytes(&self) -> u64 {
        self.arena.value - self.arena_exported.value
    }

    /// Bytes of everything: the arena and what is counted in `metadata_bytes`.
    pub fn total_bytes(&self) -> u64 {
        self.metadata_bytes + self.arena.value
    }
}

impl fmt::Display for EffectiveConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rings:")?;
        for setting in self.settings() {
            write!(f, " {}={setting}", setting.name)?;
        }
        write!(
            f,
            " stall_timeout={:?} metadata_bytes={} total_bytes={}",
            self.stall_timeout,
            self.metadata_bytes,
            self.total_bytes()
        )
    }
}

/// A whole number with an optional binary unit.
fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = match text[digits.len()..].trim() {
        "" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

struct Resolver<'a> {
    environment: &'a dyn Fn(&str) -> Option<String>,
}

impl Resolver<'_> {
    fn setting(
        &self,
        name: &'static str,
        built: Option<u64>,
        default: (u64, &'static str),
    ) -> Result<Setting, ConfigError> {
        let (value, origin) = if let Some(value) = built {
            (value, Origin::Builder)
        } else if let Some(text) = (self.environment)(name) {
            let value = parse(&text).ok_or(ConfigError::NotASize { name, value: text })?;
            (value, Origin::Environment)
        } else {
            (default.0, Origin::Default(default.1))
        };
        Ok(Setting {
            name,
            value,
            origin,
        })
    }
}

impl Resolver<'_> {
    /// The bytes of as many results as there shall be.
    fn arena_of(&self, config: &RingConfig, results: Results) -> Result<u64, ConfigError> {
        let default = (results.count, results.how);
        let slots = self.setting(variable::EXPORT_SLOTS, config.export_slots, default)?;
        let count = multiple(slots, 1, 1, 1 << 20)?;
        Ok(count.saturating_mul(results.extent()))
    }
}

impl Results {
    /// The bytes of a result as the lane rounds them.
    fn extent(&self) -> u64 {
        let bytes = self.bytes.checked_next_multiple_of(OUTPUT_ALIGN);
        bytes.unwrap_or(u64::MAX).max(OUTPUT_ALIGN)
    }
}

fn refuse(setting: Setting, rule: impl Into<String>) -> ConfigError {
    ConfigError::Refused {
        name: setting.name,
        setting,
        rule: rule.into(),
    }
}

fn power_of_two(setting: Setting, least: u64, most: u64) -> Result<u64, ConfigError> {
    if setting.value.is_power_of_two() && (least..=most).contains(&setting.value) {
        return Ok(setting.value);
    }
    Err(refuse(
        setting,
        format!("a power of two from {least} to {most}"),
    ))
}

fn multiple(setting: Setting, of: u64, least: u64, most: u64) -> Result<u64, ConfigError> {
    if setting.value.is_multiple_of(of) && (least..=most).contains(&setting.value) {
        return Ok(setting.value);
    }
    Err(refuse(
        setting,
        format!("a multiple of {of} from {least} to {most}"),
    ))
}

/// Every size in the program is derived from the values that this returns, and from nothing else.
pub(super) fn resolve(
    config: &RingConfig,
    environment: &dyn Fn(&str) -> Option<String>,
    slot_bytes: usize,
) -> Result<EffectiveConfig, ConfigError> {
    let from = Resolver { environment };

    let task_window = from.setting(variable::TASK_WINDOW, config.task_window, (1024, "1024"))?;
    let tasks = power_of_two(task_window, 2, 1 << 20)?;
    let default = (4 * tasks, "4 x task window");
    let consumed_window =
        from.setting(variable::CONSUMED_WINDOW, config.consumed_window, default)?;
    let records = power_of_two(consumed_window, tasks, 1 << 24)?;
    let default = (8 * tasks, "8 x task window");
    let edge_pool = from.setting(variable::EDGE_POOL, config.edge_pool, default)?;
    let edges = power_of_two(edge_pool, 2, 1 << 28)?;
    let default = match config.results {
        Some(_) => (8, "no payloads"),
        None => (1024 * tasks, "1 KiB x task window"),
    };
    let payload_ring = from.setting(variable::PAYLOAD_RING, config.payload_ring, default)?;
    let payload = multiple(payload_ring, 8, 8, 1 << 32)?;
    let default = match config.results {
        Some(results) => (from.arena_of(config, results)?, "one result for each slot"),
        None => (256 << 20, "256 MiB"),
    };
    let arena = from.setting(variable::ARENA, config.arena, default)?;
    multiple(arena, OUTPUT_ALIGN, OUTPUT_ALIGN, 1 << 48)?;
    let half = (arena.value / 2).next_multiple_of(OUTPUT_ALIGN);
    let default = match config.results {
        Some(_) => (arena.value, "arena"),
        None => (half, "arena / 2"),
    };
    let arena_exported = from.setting(variable::ARENA_EXPORTED, config.arena_exported, default)?;
    multiple(arena_exported, OUTPUT_ALIGN, OUTPUT_ALIGN, arena.value)?;
    let default = match config.results {
        Some(results) if matches!(arena.origin, Origin::Default(_)) => (results.count, results.how),
        Some(results) => (
            (arena_exported.value / results.extent()).clamp(1, 1 << 20),
            "arena / result",
        ),
        None => (tasks, "task window"),
    };
    let export_slots = from.setting(variable::EXPORT_SLOTS, config.export_slots, default)?;
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

fn holds(config: &EffectiveConfig, need: &BatchNeed) -> Result<(), ConfigError> {
    let round = |bytes: u64| {
        bytes
            .checked_next_multiple_of(OUTPUT_ALIGN)
            .unwrap_or(u64::MAX)
    };
    let lane = |arena: Setting, value: u64| Setting { value, ..arena };
    let needs = [
        (config.consumed_window, need.tasks),
        (config.edge_pool, need.edges),
        (config.payload_ring, need.payload_bytes),
        (
            lane(config.arena, config.transient_bytes()),
            round(need.transient_bytes),
        ),
        (config.arena_exported, round(need.exported_bytes)),
    ];
    for (setting, needed) in needs {
        if needed > setting.value {
            return Err(ConfigError::TooSmallForBatch {
                name: setting.name,
                setting,
                needed,
            });
        }
    }
    Ok(())
}
