//! The executor: streams and events of one device, made once and used for every run.

use std::fmt;
use std::sync::Arc;

use pixelflume_device::{Device, DeviceError, Event, Severity, Stream, TaskObserver, Ticket};

use crate::error::{NodeFailure, SchedulerError};
use crate::path::RunPath;
use crate::profile::{Profiler, Timers};
use crate::replay::{ExecutionMode, Refusals, ReplayConfig, ReplayStatistics, Replayer};
use crate::schedule::{Schedule, check_stream_count};
use crate::state::RunState;

#[cfg(test)]
mod refusal_tests;
mod replay;
mod run;
mod streams;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod timing_tests;
mod trace;

use streams::create_streams;

/// The number of schedules whose run states an executor keeps. A schedule beyond them costs some
/// allocations when it returns.
const KEPT_RUNS: usize = 16;

/// Runs schedules on one device, one run at a time.
///
/// From the second run of a schedule on, a run allocates nothing and looks nothing up by name, and submitting a task takes
/// no lock of the executor's own.
pub struct Executor {
    device: Device,
    /// One to 32 streams; the first is the main stream.
    streams: Vec<Stream>,
    start: Event,
    end: Event,
    /// The events of schedules, as many as the largest one so far needs.
    events: Vec<Event>,
    /// The states of the last schedules, the current one last.
    runs: Vec<Run>,
    failures: Vec<NodeFailure>,
    batch: u64,
    in_flight: bool,
    /// The error after which no call works.
    terminated: Option<SchedulerError>,
    mode: ExecutionMode,
    replay: ReplayConfig,
    statistics: ReplayStatistics,
    last_path: Option<RunPath>,
    refusals: Refusals,
    profiler: Profiler,
}

struct Run {
    state: Arc<RunState>,
    /// The ticket of launches, with which the device reports to the run state. It is kept, so that
    /// a run allocates no new one.
    ticket: Ticket,
    /// The captured graphs. Their tickets carry the same state, so that they are dropped with it.
    replayer: Replayer,
    /// The events for times of tasks, dropped after the graphs, which may record these events.
    timers: Timers,
}

impl Executor {
    /// Creates the streams. Where the device creates fewer than were asked for, the executor uses those, and warns
    /// once: make schedules for the number of [`Executor::streams`].
    ///
    /// # Errors
    /// [`SchedulerError::StreamCount`] where `streams` is not from 1 to [`MAX_STREAMS`](crate::MAX_STREAMS);
    /// [`SchedulerError::NoStream`] where the device creates no stream; [`SchedulerError::Device`] where it creates no event;
    /// [`SchedulerError::DeviceLost`].
    pub fn new(device: &Device, streams: usize) -> Result<Self, SchedulerError> {
        check_stream_count(streams)?;
        let streams = create_streams(device.name(), streams, || device.stream())?;
        let event = || {
            device
                .event()
                .map_err(|source| device_error("creating an event", source))
        };
        Ok(Executor {
            device: device.clone(),
            streams,
            start: event()?,
            end: event()?,
            events: Vec::new(),
            runs: Vec::new(),
            failures: Vec::new(),
            batch: 0,
            in_flight: false,
            terminated: None,
            mode: ExecutionMode::Direct,
            replay: ReplayConfig::default(),
            statistics: ReplayStatistics::default(),
            last_path: None,
            refusals: Refusals::default(),
            profiler: Profiler::default(),
        })
    }

    /// The device whose streams and events the executor owns.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The streams: at least one. The first is the main stream, on which every run starts and ends.
    #[must_use]
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// Makes the events and states of a schedule, which its first run would make otherwise.
    ///
    /// # Errors
    /// As [`Executor::run`], but for the launches.
    pub fn prepare(&mut self, schedule: &Schedule) -> Result<(), SchedulerError> {
        self.check_idle()?;
        let (needed, available) = (schedule.streams_used(), self.streams.len());
        if needed > available {
            return Err(SchedulerError::TooFewStreams { needed, available });
        }
        while self.events.len() < schedule.event_count() {
            match self.device.event() {
                Ok(event) => self.events.push(event),
                Err(source) => return Err(self.note(device_error("creating an event", source))),
            }
        }
        let kept = self
            .runs
            .iter()
            .position(|run| run.state.schedule().is_same(schedule));
        match kept {
            Some(at) => self.runs[at..].rotate_left(1),
            None => {
                if self.runs.len() == KEPT_RUNS {
                    self.runs.remove(0);
                }
                let state = Arc::new(RunState::new(schedule));
                let observer: Arc<dyn TaskObserver> = state.clone();
                self.runs.push(Run {
                    state,
                    ticket: Ticket { observer, task: 0 },
                    replayer: Replayer::default(),
                    timers: Timers::default(),
                });
            }
        }
        Ok(())
    }

    /// Refuses a run where none can be submitted now; to be called before work that prepares a run, such as copies to
    /// its inputs.
    ///
    /// # Errors
    /// [`SchedulerError::RunInFlight`]; or the error after which no run can be submitted any more.
    pub fn check_idle(&self) -> Result<(), SchedulerError> {
        match &self.terminated {
            Some(error) => Err(error.clone()),
            None if self.in_flight => Err(SchedulerError::RunInFlight { batch: self.batch }),
            None => Ok(()),
        }
    }

    /// Keeps an error after which no call works, so that later calls return it again.
    fn note(&mut self, error: SchedulerError) -> SchedulerError {
        if let SchedulerError::DeviceLost { .. } | SchedulerError::Unordered { .. } = error {
            self.terminated = Some(error.clone());
        }
        error
    }
}

impl fmt::Debug for Executor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Executor")
            .field("device", &self.device.name())
            .field("streams", &self.streams.len())
            .field("mode", &self.mode)
            .field("batch", &self.batch)
            .field("in_flight", &self.in_flight)
            .field("terminated", &self.terminated)
            .finish_non_exhaustive()
    }
}

fn device_error(action: &'static str, source: DeviceError) -> SchedulerError {
    match source.severity() {
        Severity::DeviceLost => SchedulerError::DeviceLost { source },
        Severity::Recoverable => SchedulerError::Device { action, source },
    }
}
