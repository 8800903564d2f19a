//! Replay: runs that are captured once into an executable graph and launched as one piece from then on.
//!
//! Per topology there is a [`Replayer`], which holds a few [`KeyEntry`](ring::KeyEntry)s, one per set of dimensions, each with
//! a small ring of executables. An executable remembers the launches that are in it, and is launched only where each of
//! them is what the run asks for: a stale graph cannot be replayed, whatever the key says.

mod capture;
mod executables;
mod key;
mod ladder;
mod refusals;
mod replayer;
mod statistics;

pub use key::{ExecutionMode, ParseExecutionModeError, ReplayConfig, RunKey};
pub(crate) use ladder::Attempt;
pub(crate) use refusals::Refusals;
pub(crate) use replayer::Replayer;
pub use statistics::{DirectRuns, ReplayStatistics};
