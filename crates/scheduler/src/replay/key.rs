//! The caller's part of replay: mode, settings, and the key of a run.

use std::fmt;
use std::str::FromStr;

use crate::limits::{DEFAULT_REPLAY_KEYS, MAX_REPLAY_KEYS};
use thiserror::Error;

/// The mode in which an executor submits runs.
#[derive(Copy, Clone, Debug, Default, Eq, Hash, PartialEq)]
pub enum ExecutionMode {
    /// Launch by launch. It always works, and replay is compared with it.
    #[default]
    Direct,
    /// One executable graph for each run, wherever that gives the same results; direct otherwise.
    Replay,
}

/// The text is no execution mode.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("\"{text}\" is no execution mode; say \"direct\" or \"replay\"")]
pub struct ParseExecutionModeError {
    /// The text that was parsed.
    pub text: String,
}

impl fmt::Display for ExecutionMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ExecutionMode::Direct => "direct",
            ExecutionMode::Replay => "replay",
        })
    }
}

impl FromStr for ExecutionMode {
    type Err = ParseExecutionModeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "direct" => Ok(ExecutionMode::Direct),
            "replay" => Ok(ExecutionMode::Replay),
            _ => Err(ParseExecutionModeError {
                text: text.to_owned(),
            }),
        }
    }
}

/// The replay key of a run. A captured graph is a candidate for runs with an equal key; it is launched only
/// if a comparison finds every launch equal.
#[derive(Copy, Clone, Debug, Default, Eq, Hash, PartialEq)]
pub struct RunKey {
    /// A number that stands for all dimensions, the batch size among them: a serial number, or a hash. Two sets of
    /// dimensions with the same number cost patches and captures, and no wrong result.
    pub dimensions: u64,
    /// Whether an operator asks for a new capture, because it changed something that its launches do not contain. The
    /// run is direct, and drops all captured graphs of its schedule, for all dimensions.
    pub recapture: bool,
    /// A number that identifies the launches: all runs of a schedule with the same number have the same launches, with
    /// the same arguments. Such a run is replayed without comparing launches, at a cost that does not depend on their
    /// number. 0 promises nothing.
    pub revision: u64,
}

impl RunKey {
    /// A key for launches of these dimensions, without a request for a new capture and without a
    /// revision.
    #[must_use]
    pub fn new(dimensions: u64) -> Self {
        RunKey {
            dimensions,
            ..RunKey::default()
        }
    }
}

/// Settings of replay.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ReplayConfig {
    /// Runs of one key before its first capture, and between captures of it. At least 1; 2 by default: the first run
    /// may load kernels or allocate, the second shows that the key stays.
    pub warm_up: u32,
    /// Executables per key. At least 1; 2 by default, which serves pipelines that take turns with two sets of buffers.
    pub ring: usize,
    /// Keys per schedule for which executables are kept, 1 to [`MAX_REPLAY_KEYS`]; [`DEFAULT_REPLAY_KEYS`] by default.
    /// Where more keys take turns, as many as are kept are replayed, and the others run directly.
    pub keys: usize,
    /// The most runs between a failed capture and the next try; each failure in a row doubles them. 1024 by default.
    pub back_off_limit: u32,
}

impl Default for ReplayConfig {
    fn default() -> Self {
        ReplayConfig {
            warm_up: 2,
            ring: 2,
            keys: DEFAULT_REPLAY_KEYS,
            back_off_limit: 1024,
        }
    }
}

impl ReplayConfig {
    /// The same settings with this many runs before a capture; 0 counts as 1.
    #[must_use]
    pub fn with_warm_up(mut self, runs: u32) -> Self {
        self.warm_up = runs.max(1);
        self
    }

    /// The same settings with this many executables per key; 0 counts as 1.
    #[must_use]
    pub fn with_ring(mut self, executables: usize) -> Self {
        self.ring = executables.max(1);
        self
    }

    /// The same settings with this many keys per schedule; 0 counts as 1, and more than
    /// [`MAX_REPLAY_KEYS`] as that.
    #[must_use]
    pub fn with_keys(mut self, keys: usize) -> Self {
        self.keys = keys.clamp(1, MAX_REPLAY_KEYS);
        self
    }

    /// The same settings with at most this many runs between a failed capture and the next try; no fewer than the
    /// warm-up in effect.
    #[must_use]
    pub fn with_back_off_limit(mut self, runs: u32) -> Self {
        self.back_off_limit = runs;
        self
    }

    /// The same settings with every value in its range, since the fields may be set directly as
    /// well.
    pub(crate) fn in_range(self) -> Self {
        self.with_warm_up(self.warm_up)
            .with_ring(self.ring)
            .with_keys(self.keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_read_as_they_are_written() {
        for mode in [ExecutionMode::Direct, ExecutionMode::Replay] {
            assert_eq!(mode.to_string().parse(), Ok(mode));
        }
        let error = "Replay".parse::<ExecutionMode>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"Replay\" is no execution mode; say \"direct\" or \"replay\""
        );
    }
}
