//! Jobs on the host device.

mod age;
mod bounds;
mod cancel;
mod devices;
#[cfg(feature = "files")]
mod frames;
mod hooks;
mod hostile;
mod order;
mod results;
mod resume;
#[cfg(feature = "files")]
mod shards;
mod sinks;
mod support;
