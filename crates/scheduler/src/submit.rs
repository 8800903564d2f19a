//! Submission of a schedule to the streams of a device, step by step.

use pixelflume_device::{DeviceError, Event, Launch, Severity, Stream, Ticket};

use crate::error::{FailureCause, SchedulerError};
use crate::profile::{Profiler, Stamps};
use crate::promise::{Promised, PromisedRun};
use crate::schedule::{Schedule, Step};
use crate::state::RunState;

#[cfg(test)]
mod tests;

/// An event of a run.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Point {
    /// On the main stream, before every task.
    Start,
    /// On the main stream, after every task.
    End,
    /// An event of the schedule.
    Event(usize),
}

/// One step of the walk through a schedule.
pub(crate) enum Operation<'a> {
    Record { stream: usize, point: Point },
    Wait { stream: usize, point: Point },
    Task(&'a Step),
}

/// Calls `each` with all operations of a run of the schedule, in order, except for the record of
/// its end.
///
/// Waits and records are made for skipped tasks too. An edge may be without a wait because the order of a stream
/// implies it, through tasks that have nothing to do with the edge: were their waits left out when they are skipped,
/// the edge would be lost.
pub(crate) fn walk<E>(
    schedule: &Schedule,
    mut each: impl FnMut(Operation<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let (record, wait) = (
        |stream, point| Operation::Record { stream, point },
        |stream, point| Operation::Wait { stream, point },
    );
    if !schedule.forks().is_empty() {
        each(record(0, Point::Start))?;
    }
    for &stream in schedule.forks() {
        each(wait(stream, Point::Start))?;
    }
    for step in schedule.steps() {
        for &event in &step.waits {
            each(wait(step.stream, Point::Event(event)))?;
        }
        each(Operation::Task(step))?;
        if let Some(event) = step.record {
            each(record(step.stream, Point::Event(event)))?;
        }
    }
    for &event in schedule.joins() {
        each(wait(0, Point::Event(event)))?;
    }
    Ok(())
}

/// The receiver of a submission: the device's streams, or the same with injected faults.
pub(crate) trait Target {
    fn enqueue(
        &mut self,
        stream: usize,
        launch: Promised<'_>,
        ticket: Option<&Ticket>,
    ) -> Result<(), DeviceError>;
    fn record(&mut self, stream: usize, point: Point) -> Result<(), DeviceError>;
    fn wait(&mut self, stream: usize, point: Point) -> Result<(), DeviceError>;
    /// Waits on the host until all work on the stream is complete.
    fn drain(&mut self, stream: usize) -> Result<(), DeviceError>;
    /// Waits on the host until the event is complete.
    fn reach(&mut self, point: Point) -> Result<(), DeviceError>;
    /// Announces the launches of a task.
    fn task_begins(&mut self, _: &Step) {}
    /// Announces that all launches of a task were enqueued.
    fn task_ends(&mut self, _: &Step) {}
}

/// The streams and events of an executor.
#[derive(Copy, Clone)]
pub(crate) struct StreamTarget<'a> {
    pub(crate) streams: &'a [Stream],
    /// The stream in the place of the first one, on which the run starts and ends.
    pub(crate) main: &'a Stream,
    pub(crate) start: &'a Event,
    pub(crate) end: &'a Event,
    pub(crate) events: &'a [Event],
    /// The events for the times of tasks, or none.
    pub(crate) stamps: Stamps<'a>,
}

impl<'a> StreamTarget<'a> {
    pub(crate) fn with_stamps(mut self, stamps: Stamps<'a>) -> Self {
        self.stamps = stamps;
        self
    }

    /// The same target with the executor's own main stream.
    pub(crate) fn on_own_streams(mut self) -> Self {
        self.main = &self.streams[0];
        self
    }

    fn stream(&self, index: usize) -> &'a Stream {
        match index {
            0 => self.main,
            _ => &self.streams[index],
        }
    }

    fn event(&self, point: Point) -> &Event {
        match point {
            Point::Start => self.start,
            Point::End => self.end,
            Point::Event(event) => &self.events[event],
        }
    }
}

impl Target for StreamTarget<'_> {
    fn enqueue(
        &mut self,
        stream: usize,
        launch: Promised<'_>,
        ticket: Option<&Ticket>,
    ) -> Result<(), DeviceError> {
        launch.enqueue(self.stream(stream), ticket)
    }

    fn record(&mut self, stream: usize, point: Point) -> Result<(), DeviceError> {
        self.stream(stream).record(self.event(point))
    }

    fn wait(&mut self, stream: usize, point: Point) -> Result<(), DeviceError> {
        self.stream(stream).wait(self.event(point))
    }

    fn drain(&mut self, stream: usize) -> Result<(), DeviceError> {
        self.stream(stream).synchronize()
    }

    fn reach(&mut self, point: Point) -> Result<(), DeviceError> {
        match self.event(point).synchronize() {
            // An event whose record was refused may still have one of a capture, which cannot be waited for. The
            // work before it is in one of the streams.
            Err(error) if error.severity() == Severity::Recoverable => {
                let streams = 0..self.streams.len();
                streams
                    .into_iter()
                    .try_for_each(|stream| self.stream(stream).synchronize())
            }
            reached => reached,
        }
    }

    fn task_begins(&mut self, step: &Step) {
        self.stamps.begin(self.stream(step.stream), step.node);
    }

    fn task_ends(&mut self, step: &Step) {
        self.stamps.end(self.stream(step.stream), step.node);
    }
}

/// The submission of one run.
pub(crate) struct Submission<'a, T> {
    pub(crate) target: T,
    pub(crate) state: &'a RunState,
    pub(crate) batch: u64,
    /// Reports launches to `state`; `None` where the device reports nothing.
    pub(crate) ticket: Option<&'a mut Ticket>,
    pub(crate) profiler: &'a Profiler,
}

impl<T: Target> Submission<'_, T> {
    /// Submits every task of the schedule; `launches` are by node.
    pub(crate) fn submit<L: AsRef<[Launch]>>(
        mut self,
        launches: PromisedRun<'_, L>,
    ) -> Result<(), SchedulerError> {
        let state = self.state;
        walk(state.schedule(), |operation| match operation {
            Operation::Record { stream, point } => self.record(stream, point),
            Operation::Wait { stream, point } => self.wait(stream, point),
            Operation::Task(step) => {
                let launches = launches.of(step.node.index());
                if launches.len() == 0 || !state.is_pending(step.node) {
                    return Ok(());
                }
                self.task(step, launches)
            }
        })?;
        self.end()
    }

    /// Records the end of the run, after all other work on the main stream.
    pub(crate) fn end(&mut self) -> Result<(), SchedulerError> {
        self.record(0, Point::End)
    }

    fn task<'a>(
        &mut self,
        step: &Step,
        launches: impl ExactSizeIterator<Item = Promised<'a>>,
    ) -> Result<(), SchedulerError> {
        let _span = self.profiler.task(self.state.schedule(), step, self.batch);
        if let Some(ticket) = &mut self.ticket {
            // Node indices and counts of launches fit: a node's id is 32 bits wide, and a launch has hundreds of bytes.
            ticket.task = step.node.index() as u32;
            self.state.expect(step.node, launches.len() as u32);
        }
        self.target.task_begins(step);
        for launch in launches {
            if let Err(error) = self
                .target
                .enqueue(step.stream, launch, self.ticket.as_deref())
            {
                if error.severity() == Severity::DeviceLost {
                    return Err(SchedulerError::DeviceLost { source: error });
                }
                // Launches of the task that are on the stream already do not run, or run to no effect on others.
                self.state.fail(step.node, FailureCause::Submission(error));
                break;
            }
        }
        self.target.task_ends(step);
        Ok(())
    }

    /// Records the event, or waits on the host where the device refuses: when all work before the event is complete, a
    /// wait for it may pass at once. It does, since an event that was never recorded counts as complete, and so does
    /// one of a finished run.
    fn record(&mut self, stream: usize, point: Point) -> Result<(), SchedulerError> {
        self.target.record(stream, point).or_else(|error| {
            self.warn("record", stream, &error);
            self.or_on_the_host(error, |target| target.drain(stream))
        })
    }

    /// Makes the stream wait, or waits on the host where the device refuses: after the event, all later work of the
    /// stream comes behind it.
    fn wait(&mut self, stream: usize, point: Point) -> Result<(), SchedulerError> {
        self.target.wait(stream, point).or_else(|error| {
            self.warn("wait for", stream, &error);
            self.or_on_the_host(error, |target| target.reach(point))
        })
    }

    fn or_on_the_host(
        &mut self,
        error: DeviceError,
        fall_back: impl FnOnce(&mut T) -> Result<(), DeviceError>,
    ) -> Result<(), SchedulerError> {
        if error.severity() == Severity::DeviceLost {
            return Err(SchedulerError::DeviceLost { source: error });
        }
        fall_back(&mut self.target).map_err(|source| match source.severity() {
            Severity::DeviceLost => SchedulerError::DeviceLost { source },
            Severity::Recoverable => SchedulerError::Unordered {
                batch: self.batch,
                source,
            },
        })
    }

    fn warn(&self, what: &str, stream: usize, error: &DeviceError) {
        tracing::warn!(
            batch = self.batch,
            stream,
            %error,
            "a stream could not {what} an event; the host waits in its place"
        );
    }
}
