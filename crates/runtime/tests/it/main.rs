//! Jobs on the host device.

mod bounds;
mod cancel;
mod devices;
mod hostile;
mod hooks;
mod order;
mod results;
mod resume;
mod sinks;
mod support;
