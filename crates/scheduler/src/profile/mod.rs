//! Profiling: spans for `tracing`, ranges for NVTX, and traces with the times of tasks on the device.
//!
//! It is always compiled. An executor without a trace, in a process whose log level is above `trace`, pays one comparison
//! for each span ([`Profiler`]).
//!
//! The source of the times of tasks depends on the device. The host device reports the start and the end of each launch
//! ([`Times`]). A GPU reports nothing, so the executor records events around the launches of each task ([`Timers`]): in
//! every direct run, and in samples of the replayed ones, by a second executable graph with the records in it ([`Timed`]).

mod chrome;
mod clock;
mod labels;
mod lanes;
mod nvtx;
mod profiler;
mod rows;
mod span;
mod timers;
mod times;
mod trace;

pub use labels::TaskLabels;
pub use lanes::{HostRows, TraceTime};
pub(crate) use profiler::{Profiler, TimeSource};
pub use rows::TraceRows;
pub(crate) use timers::{Stamps, Timed, Timers};
pub(crate) use times::Times;
pub use trace::Trace;
