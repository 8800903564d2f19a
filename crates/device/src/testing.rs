//! Help for tests: calls of a device that fail when a test asks for it, and children that are forked from a test.

#[cfg(unix)]
mod fork;

pub use crate::refusals::{Call, Refusals};
#[cfg(unix)]
pub use fork::{ForkFailure, in_forked_child};
