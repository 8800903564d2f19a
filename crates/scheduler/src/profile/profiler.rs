//! The profiler of an executor: spans for `tracing` and NVTX, and events for a [`Trace`] where one is attached.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use pixelflume_device::{Device, DeviceError, Stream};
use pixelflume_graph::NodeId;
use tracing::level_filters::LevelFilter;

use super::clock::{DeviceClock, now};
use super::labels::TaskLabels;
use super::nvtx;
use super::span::Span;
use super::timers::{Stamps, Timers};
use super::times::Times;
use super::trace::{DeviceId, Name, Trace};
use crate::path::RunPath;
use crate::schedule::{Schedule, Step};

/// The source of the times of tasks.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum TimeSource {
    /// The device reports the start and the end of launches.
    Reports,
    /// Events around the launches of each task.
    Events,
}

/// Makes the spans of an executor, and fills its trace.
#[derive(Debug, Default)]
pub(crate) struct Profiler {
    /// The attached trace; usually `None`.
    attached: Option<Box<Attached>>,
    /// The labels of the present run and of the next one. `None` names tasks as their nodes.
    labels: Option<TaskLabels>,
    next_labels: Option<TaskLabels>,
    /// Whether the spans of the present run have a listener.
    is_listening: bool,
}

struct Attached {
    trace: Trace,
    id: DeviceId,
    /// The clock of the device, where times come from events; without it tasks are not timed.
    clock: Option<DeviceClock>,
    /// The number of runs that were graphs, for sampling.
    graphs: Cell<u32>,
    /// Whether the trace has an event for the present way of submission.
    path_told: bool,
}

impl Profiler {
    pub(crate) fn attach(
        &mut self,
        trace: Option<Trace>,
        device: &Device,
        streams: &[Stream],
        source: TimeSource,
    ) {
        self.attached = trace.map(|trace| {
            Box::new(Attached {
                id: trace.add_device(
                    format!("streams of {}", device.name()),
                    (0..streams.len()).map(|n| format!("stream {n}")).collect(),
                ),
                trace,
                clock: match source {
                    TimeSource::Reports => None,
                    TimeSource::Events => or_warn(DeviceClock::new(device, &streams[0])),
                },
                graphs: Cell::new(0),
                path_told: false,
            })
        });
    }

    /// Whether a trace is attached.
    pub(crate) fn is_attached(&self) -> bool {
        self.attached.is_some()
    }

    /// Whether a span made now would have a listener.
    fn has_listener(&self) -> bool {
        self.attached.is_some() || LevelFilter::current() == LevelFilter::TRACE || nvtx::IS_BUILT_IN
    }

    /// Sets the labels of the tasks of the next run. The labels are not kept where nothing would
    /// show them.
    pub(crate) fn label(&mut self, labels: &TaskLabels) {
        self.next_labels = self.has_listener().then(|| labels.clone());
    }

    #[inline]
    pub(crate) fn span(&self, what: &'static str, batch: u64) -> Span {
        match self.is_listening {
            true => self.open(what, batch),
            false => Span::NONE,
        }
    }

    #[cold]
    fn open(&self, what: &'static str, batch: u64) -> Span {
        let entered = tracing::trace_span!("scheduler", what, batch).entered();
        let traced = self.traced(|| Name::Step(what));
        Span::new(entered, "", what, traced, batch)
    }

    /// The span of the submission of a task.
    #[inline]
    pub(crate) fn task(&self, schedule: &Schedule, step: &Step, batch: u64) -> Span {
        match self.is_listening {
            true => self.open_task(schedule, step, batch),
            false => Span::NONE,
        }
    }

    #[cold]
    fn open_task(&self, schedule: &Schedule, step: &Step, batch: u64) -> Span {
        let name = self.name(schedule, step.node);
        let (node, stream) = (&*name, step.stream);
        let entered = tracing::trace_span!("task", node, stream, batch).entered();
        let traced = self.traced(|| Name::Submission(Arc::clone(&name)));
        Span::new(entered, "submit ", &name, traced, batch)
    }

    fn name(&self, schedule: &Schedule, node: NodeId) -> Arc<str> {
        match &self.labels {
            Some(labels) => labels.name(schedule, node),
            None => schedule.shared_name(node),
        }
    }

    fn traced(&self, name: impl FnOnce() -> Name) -> Option<(Trace, Name)> {
        let attached = self.attached.as_ref()?;
        Some((attached.trace.clone(), name()))
    }

    /// Prepares for a run, while no earlier run is on the device: takes the labels of the run, and makes what the times
    /// of its tasks need.
    pub(crate) fn begin(
        &mut self,
        device: &Device,
        schedule: &Schedule,
        times: &Times,
        timers: &mut Timers,
    ) {
        self.is_listening = self.has_listener();
        self.labels = self.next_labels.take();
        if let Some(attached) = &mut self.attached
            && attached.clock.is_some()
        {
            timers.reset();
            if or_warn(timers.prepare(device, schedule.len())).is_none() {
                attached.clock = None;
            }
        }
        let is_reported = self.attached.as_ref().is_some_and(|a| a.clock.is_none());
        times.begin(is_reported, schedule.len());
    }

    /// The events that time the tasks of a direct run; none where tasks are not timed.
    pub(crate) fn stamps<'a>(&self, timers: &'a Timers) -> Stamps<'a> {
        match self.clock() {
            Some(_) => {
                // A sampled graph that was not launched after all is no record.
                timers.reset();
                timers.stamps()
            }
            None => Stamps::NONE,
        }
    }

    fn clock(&self) -> Option<&DeviceClock> {
        self.attached.as_ref()?.clock.as_ref()
    }

    /// Whether the graph that is about to be launched records times. The first one after the trace was attached was
    /// just captured, most often; the second is sampled, and every n-th from there.
    pub(super) fn samples(&self) -> bool {
        let Some(attached) = self.attached.as_ref().filter(|a| a.clock.is_some()) else {
            return false;
        };
        let (number, every) = (attached.graphs.get(), attached.trace.sampling());
        attached.graphs.set(number.wrapping_add(1));
        number % every == 1 % every
    }

    /// Records a change in the way of submission, from the run before to this run.
    pub(crate) fn path(&mut self, before: RunPath, path: RunPath, batch: u64) {
        if before != path {
            tracing::debug!(batch, %before, now = %path, "the way of submission changed");
            nvtx::mark(path);
        }
        if let Some(attached) = &mut self.attached
            && (before != path || !attached.path_told)
        {
            attached.path_told = true;
            let now = now();
            attached.trace.add_host(Name::Path(path), now, now, batch);
        }
    }

    /// Adds the tasks of a complete run to the trace, with the times that the device reported or the events give.
    pub(crate) fn finished(
        &mut self,
        schedule: &Schedule,
        is_skipped: impl Fn(NodeId) -> bool,
        times: &Times,
        timers: &Timers,
        stream: &Stream,
        batch: u64,
    ) {
        if self.attached.is_none() {
            return;
        }
        let labels = self.labels.take().unwrap_or_default();
        let Some(attached) = &mut self.attached else {
            return;
        };
        let time_of = |step: &Step| match &attached.clock {
            None => times.of(step.node.index()),
            Some(clock) => {
                let (begin, end) = timers.of(step.node)?;
                let time = |event| clock.time_of(event).ok().flatten();
                Some((time(begin)?, time(end)?))
            }
        };
        attached
            .trace
            .add_tasks(schedule.steps().iter().filter_map(|step| {
                // Events are recorded around a skipped task too.
                if is_skipped(step.node) {
                    return None;
                }
                let (start, end) = time_of(step)?;
                let name = Name::Task(labels.name(schedule, step.node));
                Some((name, attached.id.stream(step.stream), start, end, batch))
            }));
        if let Some(clock) = &mut attached.clock
            && or_warn(clock.keep_fresh(stream)).is_none()
        {
            attached.clock = None;
        }
    }
}

impl fmt::Debug for Attached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attached")
            .field("trace", &self.trace)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

fn or_warn<T>(result: Result<T, DeviceError>) -> Option<T> {
    result
        .inspect_err(
            |error| tracing::warn!(%error, "the trace will have no times of tasks on the device"),
        )
        .ok()
}
