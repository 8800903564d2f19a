//! The seam with the feature: spans for `tracing` and NVTX, and events for a [`Trace`] where one is attached.

use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

use pixelflume_device::{Device, DeviceError, Stream};

use super::clock::{DeviceClock, now};
use super::labels::TaskLabels;
use super::span::Span;
use super::timers::{Stamps, Timers};
use super::trace::{DeviceId, Name, Trace};
use crate::state::{Mark, RunState};
use crate::{RunPath, Schedule, Step};

/// Where times of tasks come from.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum TimeSource {
    /// The device reports the start and the end of launches.
    Reports,
    /// Events around the launches of each task.
    Events,
}

/// What an executor tells, and to whom.
#[derive(Debug, Default)]
pub(crate) struct Profile {
    attached: Option<Attached>,
    /// Of the present run, and of the next one.
    labels: TaskLabels,
    next_labels: TaskLabels,
}

struct Attached {
    trace: Trace,
    id: DeviceId,
    /// The clock of the device, where times come from events; without it tasks are not timed.
    clock: Option<DeviceClock>,
    /// Runs that were graphs, for sampling.
    graphs: Cell<u32>,
    /// Whether the trace has the way that runs are submitted.
    path_told: bool,
}

impl Profile {
    pub(crate) fn attach(
        &mut self,
        trace: Option<Trace>,
        device: &Device,
        streams: &[Stream],
        source: TimeSource,
    ) {
        self.attached = trace.map(|trace| Attached {
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
        });
    }

    pub(crate) fn label(&mut self, labels: TaskLabels) {
        self.next_labels = labels;
    }

    pub(crate) fn span(&self, what: &'static str, batch: u64) -> Span {
        let entered = tracing::trace_span!("scheduler", what, batch).entered();
        let traced = self.traced(|| Name::Step(what));
        Span::new(entered, "", what, traced, batch)
    }

    pub(crate) fn task(&self, schedule: &Schedule, step: &Step, batch: u64) -> Span {
        let name = self.labels.name(schedule, step.node);
        let (node, stream) = (&*name, step.stream);
        let entered = tracing::trace_span!("task", node, stream, batch).entered();
        let traced = self.traced(|| Name::Submission(Arc::clone(&name)));
        Span::new(entered, "submit ", &name, traced, batch)
    }

    fn traced(&self, name: impl FnOnce() -> Name) -> Option<(Trace, Name)> {
        let attached = self.attached.as_ref()?;
        Some((attached.trace.clone(), name()))
    }

    /// A run begins: takes its labels, and makes what its times need.
    pub(crate) fn begin(&mut self, device: &Device, schedule: &Schedule, timers: &mut Timers) {
        self.labels = std::mem::take(&mut self.next_labels);
        let Some(attached) = &mut self.attached else {
            return;
        };
        if attached.clock.is_none() {
            return;
        }
        timers.reset();
        if or_warn(timers.prepare(device, schedule.len())).is_none() {
            attached.clock = None;
        }
    }

    /// What records the times of a direct run.
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

    /// A graph is about to be launched: whether it is to record times. The first one after the trace was attached was
    /// just captured, most often; the second is sampled, and every n-th from there.
    pub(super) fn samples(&self) -> bool {
        let Some(attached) = self.attached.as_ref().filter(|a| a.clock.is_some()) else {
            return false;
        };
        let (number, every) = (attached.graphs.get(), attached.trace.sampling());
        attached.graphs.set(number.wrapping_add(1));
        number % every == 1 % every
    }

    /// How a run was submitted, and the one before.
    pub(crate) fn path(&mut self, before: RunPath, path: RunPath, batch: u64) {
        if before != path {
            tracing::debug!(batch, %before, now = %path, "the way of submission changed");
            nvtx::mark!("{path}");
        }
        if let Some(attached) = &mut self.attached
            && (before != path || !attached.path_told)
        {
            attached.path_told = true;
            let now = now();
            attached.trace.add_host(Name::Path(path), now, now, batch);
        }
    }

    /// A run is done: notes the times of its tasks.
    pub(crate) fn finished(
        &mut self,
        state: &RunState,
        timers: &Timers,
        stream: &Stream,
        batch: u64,
    ) {
        let Some(attached) = &mut self.attached else {
            return;
        };
        let (schedule, labels) = (state.schedule(), &self.labels);
        let time_of = |step: &Step| match &attached.clock {
            None => state.times.of(step.node.index()),
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
                if let Mark::Skipped { .. } = state.mark(step.node) {
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
