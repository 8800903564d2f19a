//! Jobs on the host device.

mod bounds;
mod cancel;
mod devices;
mod order;
mod resume;
mod results;
mod sinks;
mod support;
