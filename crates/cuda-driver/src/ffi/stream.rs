//! Streams, events and capture.

use super::{CuEvent, CuGraph, CuGraphNode, CuStream};
use crate::CuResult;

// SAFETY: the names and signatures are those of CUDA 11.4, checked against cust_raw 0.11.3; handles are transparent pointers,
// enumerations are 32-bit integers in C, and CuResult is a transparent u32 of which every value is valid.
unsafe extern "C" {
    /// Creates a stream with [`stream_flags`](super::stream_flags).
    pub fn cuStreamCreateWithPriority(stream: *mut CuStream, flags: u32, priority: i32)
    -> CuResult;
    /// Destroys a stream; work that is enqueued still completes.
    pub fn cuStreamDestroy_v2(stream: CuStream) -> CuResult;
    /// Waits for the stream's work.
    pub fn cuStreamSynchronize(stream: CuStream) -> CuResult;
    /// Success where the stream's work has completed, 600 where it has not.
    pub fn cuStreamQuery(stream: CuStream) -> CuResult;
    /// Makes later work of the stream wait for the event's last recording; an event never recorded counts as passed.
    pub fn cuStreamWaitEvent(stream: CuStream, event: CuEvent, flags: u32) -> CuResult;
    /// The stream's priority.
    pub fn cuStreamGetPriority(stream: CuStream, priority: *mut i32) -> CuResult;
    /// The stream's flags.
    pub fn cuStreamGetFlags(stream: CuStream, flags: *mut u32) -> CuResult;
    /// Creates an event with [`event_flags`](super::event_flags).
    pub fn cuEventCreate(event: *mut CuEvent, flags: u32) -> CuResult;
    /// Destroys an event; waits that are enqueued stay valid.
    pub fn cuEventDestroy_v2(event: CuEvent) -> CuResult;
    /// Records the event behind the stream's work.
    pub fn cuEventRecord(event: CuEvent, stream: CuStream) -> CuResult;
    /// As `cuEventRecord`, with [`event_record_flags`](super::event_record_flags).
    pub fn cuEventRecordWithFlags(event: CuEvent, stream: CuStream, flags: u32) -> CuResult;
    /// Success where the recorded work has completed, 600 where it has not.
    pub fn cuEventQuery(event: CuEvent) -> CuResult;
    /// Waits for the recorded work.
    pub fn cuEventSynchronize(event: CuEvent) -> CuResult;
    /// Milliseconds between two recorded events, to about half a microsecond.
    pub fn cuEventElapsedTime(milliseconds: *mut f32, start: CuEvent, end: CuEvent) -> CuResult;
    /// Begins a capture, in one of [`capture_mode`](super::capture_mode).
    pub fn cuStreamBeginCapture_v2(stream: CuStream, mode: i32) -> CuResult;
    /// Ends a capture. The graph is null where the capture was invalidated.
    pub fn cuStreamEndCapture(stream: CuStream, graph: *mut CuGraph) -> CuResult;
    /// One of [`capture_status`](super::capture_status).
    pub fn cuStreamIsCapturing(stream: CuStream, capture_status: *mut i32) -> CuResult;
    /// The capture's state, number, graph, and the nodes that the stream's next work will depend on. All but the status may be null.
    pub fn cuStreamGetCaptureInfo_v2(
        stream: CuStream,
        capture_status: *mut i32,
        id: *mut u64,
        graph: *mut CuGraph,
        dependencies: *mut *const CuGraphNode,
        num_dependencies: *mut usize,
    ) -> CuResult;
    /// Changes what the stream's next captured work depends on; see [`capture_dependencies`](super::capture_dependencies).
    pub fn cuStreamUpdateCaptureDependencies(
        stream: CuStream,
        dependencies: *mut CuGraphNode,
        num_dependencies: usize,
        flags: u32,
    ) -> CuResult;
    /// Swaps this thread's [`capture_mode`](super::capture_mode) with `mode`.
    pub fn cuThreadExchangeStreamCaptureMode(mode: *mut i32) -> CuResult;
}
