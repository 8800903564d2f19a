//! Replay: runs that are captured once into an executable graph and launched as one piece from then on.
//!
//! Per topology there is a [`Replayer`], which holds a few [`Entry`](ring::Entry)s, one per set of dimensions, each with
//! a small ring of executables. An executable remembers the launches that are in it, and is launched only where each of
//! them is what the run asks for: a stale graph cannot be replayed, whatever the key says.

mod capture;
mod faults;
mod key;
mod ladder;
mod ring;
mod statistics;

pub(crate) use faults::Faults;
pub use key::{
    DEFAULT_REPLAY_KEYS, ExecutionMode, MAX_REPLAY_KEYS, ParseExecutionModeError, ReplayConfig,
    RunKey,
};
pub(crate) use ladder::{Attempt, Replayer};
pub use statistics::{DirectRuns, ReplayStatistics};
