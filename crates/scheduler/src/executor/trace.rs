//! Traces of an executor.

use pixelflume_device::DeviceKind;

use super::Executor;
use crate::profile::{TaskLabels, TimeSource, Trace};

impl Executor {
    /// Records the next runs in `trace`; `None` stops recording.
    ///
    /// On a GPU it records events on the main stream and waits for them, to learn how the clocks of device and host
    /// relate; where that fails, a warning is logged, and the trace has no times of tasks on the device.
    pub fn set_trace(&mut self, trace: Option<Trace>) {
        // The host device reports each task of each run by itself, and exactly; events of its graphs are coarser.
        let source = match self.device.kind() {
            DeviceKind::Host => TimeSource::Reports,
            DeviceKind::Cuda => TimeSource::Events,
        };
        self.set_trace_by(trace, source);
    }

    /// Sets the names of the tasks of the next run, in its spans and in its trace; the run after it has the names of
    /// the nodes again. Labels are dropped where nothing would show them: no trace is attached, and no subscriber of
    /// `tracing` takes the level `trace`.
    ///
    /// It is for one run, since labels belong to its launches: the next run of the same schedule may have other launches,
    /// which compute other nodes. Replayed runs and samples of them are named by the labels that are given for them, as
    /// direct ones are.
    pub fn label_next_run(&mut self, labels: &TaskLabels) {
        self.profiler.label(labels);
    }

    pub(super) fn set_trace_by(&mut self, trace: Option<Trace>, source: TimeSource) {
        self.profiler
            .attach(trace, &self.device, &self.streams, source);
    }
}
