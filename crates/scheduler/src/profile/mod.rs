//! The profiling seam: what the executor tells about itself as it goes. Without the feature `profiling` it is empty types
//! and empty functions.
//!
//! Where times of tasks come from depends on the device. The host device reports each launch as it starts and ends
//! (`Times`). A GPU reports nothing, so the executor records events around the launches of each task (`Timers`): in every
//! direct run, and in samples of those that are graphs, by a second executable with the records in it (`Timed`).

#[cfg(feature = "profiling")]
mod chrome;
#[cfg(feature = "profiling")]
mod clock;
#[cfg(feature = "profiling")]
mod labels;
#[cfg(feature = "profiling")]
mod lanes;
#[cfg(not(feature = "profiling"))]
mod off;
#[cfg(feature = "profiling")]
mod on;
#[cfg(feature = "profiling")]
mod span;
#[cfg(feature = "profiling")]
mod timers;
#[cfg(feature = "profiling")]
mod times;
#[cfg(feature = "profiling")]
mod trace;

#[cfg(feature = "profiling")]
pub use labels::TaskLabels;
#[cfg(feature = "profiling")]
pub use lanes::TraceLanes;
#[cfg(not(feature = "profiling"))]
pub(crate) use off::{Profile, Stamps, Timed, Timers, Times};
#[cfg(feature = "profiling")]
pub(crate) use on::{Profile, TimeSource};
#[cfg(feature = "profiling")]
pub(crate) use timers::{Stamps, Timed, Timers};
#[cfg(feature = "profiling")]
pub(crate) use times::Times;
#[cfg(feature = "profiling")]
pub use trace::Trace;
