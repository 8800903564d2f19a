//! The executor: streams and events of one device, made once and used for every run.

use std::fmt;
use std::sync::Arc;

use pixelflume_device::{
    Device, DeviceError, DeviceKind, Event, Launch, Severity, Stream, TaskObserver, Ticket,
};

use crate::error::{NodeFailure, SchedulerError};
use crate::outcome::RunOutcome;
use crate::path::{DirectReason, RunPath};
use crate::profile::{Profiler, Stamps, Timers};
use crate::promise::PromisedRun;
use crate::replay::{
    Attempt, ExecutionMode, Refusals, ReplayConfig, ReplayStatistics, Replayer, RunKey,
};
use crate::schedule::{Schedule, check_stream_count};
use crate::state::{Mark, RunState};
use crate::submit::{StreamTarget, Submission};

#[cfg(test)]
mod refusal_tests;
mod replay;
mod streams;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod timing_tests;
mod trace;

use streams::create_streams;

/// How many schedules the executor keeps states for. Another one costs some allocations when it comes back.
const KEPT_RUNS: usize = 16;

/// Runs schedules on one device, one run at a time.
///
/// From the second run of a schedule on, a run allocates nothing and looks nothing up by name, and submitting a task takes
/// no lock of the executor's own.
pub struct Executor {
    device: Device,
    /// At least one; the first is the main stream.
    streams: Vec<Stream>,
    start: Event,
    end: Event,
    slots: Vec<Event>,
    /// The states of the last schedules, the current one last.
    runs: Vec<Run>,
    failures: Vec<NodeFailure>,
    batch: u64,
    in_flight: bool,
    /// Why no call can work any more.
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
    /// Carries the same state to the device. Kept, so that a run makes no new one.
    ticket: Ticket,
    /// What was captured. The tickets in it carry the same state, so that it lives no longer.
    replayer: Replayer,
    /// After what was captured, which may record them.
    timers: Timers,
}

impl Executor {
    /// Creates the streams. Where the device gives fewer than were asked for, the executor does with those, and warns
    /// once; ask [`Executor::streams`] how many there are before making a schedule.
    ///
    /// # Errors
    /// [`SchedulerError::StreamCount`] where `streams` is not from 1 to [`MAX_STREAMS`](crate::MAX_STREAMS);
    /// [`SchedulerError::NoStream`] where not even one can be had; [`SchedulerError::Device`] where no event can be had;
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
            slots: Vec::new(),
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

    /// The device.
    #[must_use]
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The streams: at least one. The first is the main stream, on which every run starts and ends.
    #[must_use]
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }

    /// Makes the events and states for a schedule, which its first run would make otherwise.
    ///
    /// # Errors
    /// As [`Executor::run`], but for the launches.
    pub fn prepare(&mut self, schedule: &Schedule) -> Result<(), SchedulerError> {
        self.check_idle()?;
        let (needed, available) = (schedule.streams_used(), self.streams.len());
        if needed > available {
            return Err(SchedulerError::TooFewStreams { needed, available });
        }
        while self.slots.len() < schedule.event_count() {
            match self.device.event() {
                Ok(event) => self.slots.push(event),
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

    /// Submits the launches of every node, `launches[node.index()]` in their order, and returns the number of the run.
    /// A node may be without launches, as the inputs of a pipeline are. Nothing is waited for: [`Executor::finish`] does.
    ///
    /// The run starts after what is on the main stream; whatever is put there afterwards comes after the whole run.
    ///
    /// A task that fails, on submission or while it runs, is no error of the run: its descendants are skipped, the rest
    /// runs, and the outcome tells.
    ///
    /// # Errors
    /// [`SchedulerError::RunInFlight`], [`SchedulerError::TooFewStreams`], [`SchedulerError::LaunchCount`] and
    /// [`SchedulerError::Device`]: nothing was submitted. [`SchedulerError::Unordered`], [`SchedulerError::DeviceLost`]:
    /// the run is void, and every later call says so again.
    ///
    /// # Safety
    /// For each launch what [`Stream::enqueue`] asks for, until the run is done: [`Executor::finish`] gave its outcome, or all
    /// streams of the executor were synchronised. The schedule orders each task behind its predecessors, and launches of a
    /// task in their order; whatever else has to be ordered is the caller's to order, as work on the main stream before or
    /// after the run, or on other streams by events of it. Until this returns nothing else is put into the streams of the
    /// executor, or ordered by them: the run may be captured there. `launches` gives the same launches whenever it is asked.
    #[expect(unsafe_code, reason = "launches hold addresses")]
    pub unsafe fn run<L: AsRef<[Launch]>>(
        &mut self,
        schedule: &Schedule,
        launches: &[L],
    ) -> Result<u64, SchedulerError> {
        // SAFETY: promised by the caller; the key says nothing about the launches.
        unsafe { self.run_keyed(schedule, launches, RunKey::default()) }
    }

    /// Like [`Executor::run`], and says what the launches are for, which decides in [`ExecutionMode::Replay`] whether the
    /// run may be a graph.
    ///
    /// # Errors
    /// As [`Executor::run`].
    ///
    /// # Safety
    /// As for [`Executor::run`]; and two runs whose keys have the same revision, other than 0, have equal launches.
    #[expect(unsafe_code, reason = "launches hold addresses")]
    pub unsafe fn run_keyed<L: AsRef<[Launch]>>(
        &mut self,
        schedule: &Schedule,
        launches: &[L],
        key: RunKey,
    ) -> Result<u64, SchedulerError> {
        if launches.len() != schedule.len() {
            return Err(SchedulerError::LaunchCount {
                expected: schedule.len(),
                got: launches.len(),
            });
        }
        self.prepare(schedule)?;
        // SAFETY: promised by the caller.
        let launches = unsafe { PromisedRun::new(launches) };
        // A graph that is the first to be captured has others before it only if another schedule was run.
        let first = match self.runs.iter().all(|run| run.replayer.is_new()) {
            true => DirectReason::WarmUp,
            false => DirectReason::TopologyChanged,
        };
        let Some(run) = self.runs.last_mut() else {
            unreachable!("prepare leaves the schedule's run last");
        };
        run.state.reset();
        self.failures.clear();
        self.profiler
            .begin(&self.device, schedule, &run.state.times, &mut run.timers);
        let _span = self.profiler.span("run", self.batch);
        let target = StreamTarget {
            streams: &self.streams,
            start: &self.start,
            end: &self.end,
            slots: &self.slots,
            stamps: Stamps::NONE,
        };
        // A kernel of a GPU cannot fail once it is enqueued, and nobody would report it.
        let reports = self.device.kind() == DeviceKind::Host;
        let path = match self.mode {
            ExecutionMode::Direct => Ok(RunPath::Direct(DirectReason::Mode)),
            ExecutionMode::Replay => run.replayer.submit(
                first,
                Attempt {
                    target,
                    state: &run.state,
                    ticket: reports.then_some(&mut run.ticket),
                    launches,
                    key,
                    batch: self.batch,
                    config: &self.replay,
                    statistics: &mut self.statistics,
                    profiler: &self.profiler,
                    timers: &run.timers,
                    refusals: &mut self.refusals,
                },
            ),
        };
        let path = match path {
            Ok(path) => path,
            Err(source) => return Err(self.note(SchedulerError::DeviceLost { source })),
        };
        let mut submission = Submission {
            target: match path {
                RunPath::Direct(_) => target.with_stamps(self.profiler.stamps(&run.timers)),
                _ => target,
            },
            state: &run.state,
            batch: self.batch,
            ticket: reports.then_some(&mut run.ticket),
            profiler: &self.profiler,
        };
        let submitted = match path {
            RunPath::Direct(_) => submission.submit(launches),
            _ => submission.end(),
        };
        if let Err(error) = submitted {
            if let SchedulerError::Unordered { .. } = error {
                // Best effort: the caller is about to give up memory that may still be in use. A stream that refused to be
                // waited for is why the run ended.
                if self.device.synchronize().is_err() {
                    for stream in &self.streams {
                        let _ = stream.synchronize();
                    }
                }
            }
            return Err(self.note(error));
        }
        let before = self.last_path.replace(path).unwrap_or(path);
        self.profiler.path(before, path, self.batch);
        self.statistics.count(path);
        self.in_flight = true;
        Ok(self.batch)
    }

    /// Waits until the run is done and returns what became of its tasks. What was put on the main stream after the run is
    /// not waited for, unless the device refuses that: then it is waited for as a whole.
    ///
    /// # Errors
    /// [`SchedulerError::NoRun`] without a run to finish; [`SchedulerError::Device`] where both waits failed, which may
    /// be tried again; [`SchedulerError::DeviceLost`].
    pub fn finish(&mut self) -> Result<RunOutcome<'_>, SchedulerError> {
        if let Some(error) = &self.terminated {
            return Err(error.clone());
        }
        if !self.in_flight {
            return Err(SchedulerError::NoRun);
        }
        let span = self.profiler.span("finish", self.batch);
        let ended = self.end.synchronize().or_else(|error| {
            if error.severity() == Severity::DeviceLost {
                return Err(error);
            }
            tracing::warn!(
                batch = self.batch, %error,
                "the end of a run could not be waited for; the whole device is"
            );
            self.device.synchronize()
        });
        drop(span);
        if let Err(source) = ended {
            return Err(self.note(device_error("waiting for the end of the run", source)));
        }
        self.in_flight = false;
        let batch = self.batch;
        self.batch += 1;
        let Some(Run {
            state,
            replayer,
            timers,
            ..
        }) = self.runs.last_mut()
        else {
            unreachable!("a run in flight has a state");
        };
        state.mark_done();
        let (schedule, failures) = (state.schedule(), &mut self.failures);
        self.profiler.finished(
            schedule,
            |node| matches!(state.mark(node), Mark::Skipped { .. }),
            &state.times,
            timers,
            &self.streams[0],
            batch,
        );
        state.take_failures(|node, cause| {
            failures.push(NodeFailure {
                node,
                name: schedule.shared_name(node),
                batch,
                cause,
            });
        });
        replayer.note_outcome(failures.is_empty());
        failures.sort_unstable_by_key(|failure| schedule.rank(failure.node));
        for failure in failures.iter() {
            tracing::warn!(node = &*failure.name, batch, cause = %failure.cause, "a task failed");
        }
        Ok(RunOutcome {
            state,
            failures,
            batch,
        })
    }

    /// Whether a run can be submitted now: asked before something is prepared for it, such as copies to what it reads.
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

    /// Keeps an error after which nothing works, to say it again.
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
