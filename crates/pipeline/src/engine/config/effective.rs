//! What is in force, and why something was refused.

use crate::config::ExecutionConfig;
use pixelflume_memory::AllocatorMode;
use pixelflume_scheduler::ExecutionMode;
use pixelflume_scheduler::rings::{self, Origin};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;
use thiserror::Error;

/// A value in force.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Setting<T> {
    /// The environment variable that can set it, and its name in messages.
    pub name: &'static str,
    /// The value.
    pub value: T,
    /// Who decided.
    pub origin: Origin,
}

impl<T: fmt::Display> fmt::Display for Setting<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.origin {
            Origin::Default("") => write!(f, "{} (default)", self.value),
            origin => write!(f, "{} ({origin})", self.value),
        }
    }
}

impl<T: fmt::Display + Copy> Setting<T> {
    fn as_text(&self) -> Setting<String> {
        Setting {
            name: self.name,
            value: self.value.to_string(),
            origin: self.origin,
        }
    }

    pub(super) fn check(
        &self,
        rule: &'static str,
        holds: impl Fn(T) -> bool,
    ) -> Result<(), ConfigError> {
        if holds(self.value) {
            return Ok(());
        }
        Err(ConfigError::Refused {
            name: self.name,
            setting: self.to_string(),
            rule,
        })
    }
}

/// A value from the builder, the environment, or neither.
pub(super) fn resolve<T: FromStr>(
    environment: &impl Fn(&str) -> Option<String>,
    name: &'static str,
    built: Option<T>,
    default: (T, &'static str),
    expected: &'static str,
) -> Result<Setting<T>, ConfigError> {
    let (value, origin) = if let Some(value) = built {
        (value, Origin::Builder)
    } else if let Some(value) = environment(name) {
        match value.trim().parse() {
            Ok(parsed) => (parsed, Origin::Environment),
            Err(_) => {
                return Err(ConfigError::NotAValue {
                    name,
                    value,
                    expected,
                });
            }
        }
    } else {
        (default.0, Origin::Default(default.1))
    };
    Ok(Setting {
        name,
        value,
        origin,
    })
}

/// Why a configuration was refused.
#[derive(Clone, Debug, Eq, PartialEq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// An environment variable says something else than it can.
    #[error("{name}={value:?} cannot be used: write {expected}")]
    NotAValue {
        /// The variable.
        name: &'static str,
        /// What it says.
        value: String,
        /// What it could say.
        expected: &'static str,
    },
    /// A value is out of its range.
    #[error("{name} is {setting}: it must be {rule}")]
    Refused {
        /// The setting, by its variable.
        name: &'static str,
        /// Its value and who set it.
        setting: String,
        /// What it must be.
        rule: &'static str,
    },
    /// A size of the task rings cannot be used.
    #[error(transparent)]
    Rings(#[from] rings::ConfigError),
}

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
        f.write_str("engine:")?;
        for setting in self.settings() {
            write!(f, " {}={setting}", setting.name)?;
        }
        Ok(())
    }
}
