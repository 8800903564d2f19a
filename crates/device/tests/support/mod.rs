//! Puts the kernels of the tests into streams.
#![expect(unsafe_code, reason = "launches hold addresses")]
#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "not every test uses all of it"
)]

use pixelflume_device::{DeviceError, GraphExec, Launch, Stream, Ticket};

/// Puts a launch into a stream. For the kernels of these tests alone, which touch no memory by address.
pub(crate) fn put(
    stream: &Stream,
    launch: &Launch,
    ticket: Option<&Ticket>,
) -> Result<(), DeviceError> {
    // SAFETY: the kernels of these tests own what they touch, or get no further than the checker; their arguments are plain
    // numbers.
    unsafe { stream.enqueue(launch, ticket) }
}

/// Launches a graph of such kernels.
pub(crate) fn launch_graph(exec: &GraphExec, stream: &Stream) -> Result<(), DeviceError> {
    // SAFETY: as in `put`.
    unsafe { exec.launch(stream, None) }
}

/// Begins a capture.
pub(crate) fn begin_capture(stream: &Stream) -> Result<(), DeviceError> {
    // SAFETY: the kernels of these tests touch no memory by address, so that none relies on an order.
    unsafe { stream.begin_capture() }
}
