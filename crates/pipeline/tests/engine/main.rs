//! The streaming engine on the host device: equal to a runner, in order, bounded, and nothing lost.

mod bounds;
mod cache;
mod cache_mixed;
mod config;
mod device;
mod endings;
mod equality;
mod faults;
mod grouped;
mod mixed;
mod mixed_values;
mod panics;
#[path = "../it/random.rs"]
mod random;
mod rings;
mod support;
mod tensors;
mod trace;
