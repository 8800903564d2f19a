//! The executor: streams and events of one device, made once and used for every run.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use pixelflume_device::{Device, Event, Stream, StreamId};

use crate::error::SchedulerError;
use crate::flight::{Flight, device_error};
use crate::path::RunPath;
use crate::profile::{Profiler, Timers};
use crate::replay::{ExecutionMode, Refusals, ReplayConfig, ReplayStatistics, Replayer};
use crate::schedule::{Schedule, check_stream_count};

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

/// Runs schedules on one device, one run behind the other. Several runs may be in flight.
///
/// From the second run of a schedule on, a run allocates nothing and looks nothing up by name, and submitting a task takes
/// no lock of the executor's own.
pub struct Executor {
    device: Device,
    /// One to 32 streams; the first is the main stream.
    streams: Vec<Stream>,
    start: Event,
    /// The events of schedules, as many as the largest one so far needs.
    events: Vec<Event>,
    /// The states of the last schedules, the current one last.
    runs: Vec<Run>,
    /// The runs in flight, the oldest first, and the most that there may be.
    flights: VecDeque<Arc<Flight>>,
    most_flights: usize,
    /// How many of the oldest runs in flight are known to be complete.
    known_complete: usize,
    /// Flights of finished runs, the one that was finished last at the end.
    landed: Vec<Arc<Flight>>,
    /// The number of the next run.
    batch: u64,
    /// The stream whose later work comes behind all runs in flight.
    behind: Option<StreamId>,
    /// The error after which no call works.
    terminated: Option<SchedulerError>,
    mode: ExecutionMode,
    replay: ReplayConfig,
    statistics: ReplayStatistics,
    last_path: Option<RunPath>,
    refusals: Refusals,
    profiler: Profiler,
}

/// What the runs of one schedule share.
struct Run {
    schedule: Schedule,
    /// The captured graphs.
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
            events: Vec::new(),
            runs: Vec::new(),
            flights: VecDeque::new(),
            most_flights: 1,
            known_complete: 0,
            landed: Vec::new(),
            batch: 0,
            behind: None,
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
            .position(|run| run.schedule.is_same(schedule));
        match kept {
            Some(at) => self.runs[at..].rotate_left(1),
            None => {
                if self.runs.len() == KEPT_RUNS {
                    // Its graphs may be in flight.
                    self.check_finished()?;
                    self.runs.remove(0);
                }
                self.runs.push(Run {
                    schedule: schedule.clone(),
                    replayer: Replayer::default(),
                    timers: Timers::default(),
                });
            }
        }
        self.make_flight(schedule)
    }

    /// Sees to it that the last of the landed flights can be used for a run of this schedule.
    fn make_flight(&mut self, schedule: &Schedule) -> Result<(), SchedulerError> {
        let usable = |flight: &mut Arc<Flight>| {
            flight.state.schedule().is_same(schedule) && Arc::get_mut(flight).is_some()
        };
        if let Some(at) = self.landed.iter_mut().position(usable) {
            self.landed[at..].rotate_left(1);
            return Ok(());
        }
        // The rest is of other schedules, or held by those who wait for a run.
        if self.landed.len() > self.most_flights + KEPT_RUNS {
            self.landed.remove(0);
        }
        match Flight::new(&self.device, schedule) {
            Ok(flight) => {
                self.landed.push(Arc::new(flight));
                Ok(())
            }
            Err(source) => Err(self.note(device_error("creating an event", source))),
        }
    }

    /// Refuses a run where none can be submitted now; to be called before work that prepares a run, such as copies to
    /// its inputs.
    ///
    /// # Errors
    /// [`SchedulerError::RunInFlight`]; or the error after which no run can be submitted any more.
    pub fn check_idle(&self) -> Result<(), SchedulerError> {
        // The events that time tasks are those of one run.
        let most = match self.profiler.is_attached() {
            true => 1,
            false => self.most_flights,
        };
        match &self.terminated {
            Some(error) => Err(error.clone()),
            None => match self.flights.front() {
                Some(oldest) if self.flights.len() >= most => Err(SchedulerError::RunInFlight {
                    batch: oldest.batch,
                }),
                _ => Ok(()),
            },
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
            .field("in_flight", &self.flights.len())
            .field("terminated", &self.terminated)
            .finish_non_exhaustive()
    }
}
