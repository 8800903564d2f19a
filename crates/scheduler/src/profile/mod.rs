//! The profiling seam: what the executor tells about itself as it goes. Without the feature `profiling` it is empty types
//! and empty functions.

#[cfg(feature = "profiling")]
mod chrome;
#[cfg(not(feature = "profiling"))]
mod off;
#[cfg(feature = "profiling")]
mod on;
#[cfg(feature = "profiling")]
mod trace;

#[cfg(not(feature = "profiling"))]
pub(crate) use off::{Profile, Times};
#[cfg(feature = "profiling")]
pub(crate) use on::{Profile, Times};
#[cfg(feature = "profiling")]
pub use trace::Trace;
