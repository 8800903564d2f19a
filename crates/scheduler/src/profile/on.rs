//! The seam with the feature: spans for `tracing`, and events for a [`Trace`] where one is attached.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tracing::span::EnteredSpan;

use super::trace::{DeviceId, Name, Trace};
use crate::state::RunState;
use crate::{RunPath, Schedule, Step};

/// Nanoseconds since the first call in the process, and at least 1.
fn now() -> u64 {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    let elapsed = ORIGIN.get_or_init(Instant::now).elapsed().as_nanos();
    u64::try_from(elapsed).unwrap_or(u64::MAX).max(1)
}

/// What an executor tells, and to whom.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    trace: Option<(Trace, DeviceId)>,
}

/// A time on the host, from its making to its end.
#[must_use]
pub(crate) struct Span {
    _entered: EnteredSpan,
    traced: Option<(Trace, Name, u64, u64)>,
}

impl Profile {
    pub(crate) fn attach(&mut self, trace: Option<Trace>, device: &str, streams: usize) {
        self.trace = trace.map(|trace| {
            let id = trace.add_device(device, streams);
            (trace, id)
        });
    }

    pub(crate) fn span(&self, what: &'static str, batch: u64) -> Span {
        let entered = tracing::trace_span!("scheduler", what, batch).entered();
        self.begin(entered, || Name::Step(what), batch)
    }

    pub(crate) fn task(&self, schedule: &Schedule, step: &Step, batch: u64) -> Span {
        let node = schedule.name(step.node);
        let entered = tracing::trace_span!("task", node, stream = step.stream, batch).entered();
        self.begin(
            entered,
            || Name::Submission(schedule.shared_name(step.node)),
            batch,
        )
    }

    fn begin(&self, entered: EnteredSpan, name: impl FnOnce() -> Name, batch: u64) -> Span {
        let traced = self
            .trace
            .as_ref()
            .map(|(trace, _)| (trace.clone(), name(), batch, now()));
        Span {
            _entered: entered,
            traced,
        }
    }

    /// How a run was submitted, and the one before.
    pub(crate) fn path(&self, before: RunPath, path: RunPath, batch: u64) {
        if before != path {
            tracing::debug!(batch, %before, now = %path, "the way of submission changed");
        }
    }

    /// A run is done: notes the times of its tasks, where the device reports them.
    pub(crate) fn finished(&self, state: &RunState, batch: u64) {
        let Some((trace, device)) = &self.trace else {
            return;
        };
        let schedule = state.schedule();
        trace.add_tasks(schedule.steps().iter().filter_map(|step| {
            let (start, end) = state.times.of(step.node.index())?;
            let lane = device.stream(step.stream);
            Some((
                Name::Task(schedule.shared_name(step.node)),
                lane,
                start,
                end,
                batch,
            ))
        }));
    }
}

impl Drop for Span {
    fn drop(&mut self) {
        if let Some((trace, name, batch, start)) = self.traced.take() {
            trace.add_host(name, start, now(), batch);
        }
    }
}

/// When each task of a run ran, on devices that report it.
pub(crate) struct Times(Box<[TaskTime]>);

#[derive(Default)]
struct TaskTime {
    /// Start of the first launch and end of the last one; 0 where there was none.
    start: AtomicU64,
    end: AtomicU64,
}

impl Times {
    pub(crate) fn new(tasks: usize) -> Self {
        Times((0..tasks).map(|_| TaskTime::default()).collect())
    }

    pub(crate) fn reset(&self) {
        for task in &self.0 {
            task.start.store(0, Ordering::Relaxed);
            task.end.store(0, Ordering::Relaxed);
        }
    }

    /// Launches of a task run one after the other, so plain stores will do; the end of the run orders them before `of`.
    pub(crate) fn started(&self, task: u32) {
        let start = &self.0[task as usize].start;
        if start.load(Ordering::Relaxed) == 0 {
            start.store(now(), Ordering::Relaxed);
        }
    }

    pub(crate) fn finished(&self, task: u32) {
        self.0[task as usize].end.store(now(), Ordering::Relaxed);
    }

    fn of(&self, task: usize) -> Option<(u64, u64)> {
        let time = &self.0[task];
        let (start, end) = (
            time.start.load(Ordering::Relaxed),
            time.end.load(Ordering::Relaxed),
        );
        (start > 0 && end >= start).then_some((start, end))
    }
}
