//! Runs of an executor: their submission, and the wait for their end.

use std::sync::Arc;

use pixelflume_device::{DeviceError, DeviceKind, Launch, Severity, Stream, Ticket};

use super::Executor;
use crate::error::SchedulerError;
use crate::flight::{RunHandle, device_error};
use crate::outcome::RunOutcome;
use crate::path::{DirectReason, RunPath};
use crate::profile::Stamps;
use crate::promise::PromisedRun;
use crate::replay::{Attempt, ExecutionMode, RunKey};
use crate::schedule::Schedule;
use crate::state::Mark;
use crate::submit::{StreamTarget, Submission};

impl Executor {
    /// Submits the launches of every node, `launches[node.index()]` in their order, and returns the number of the run.
    /// A node may have no launches, as the inputs of a pipeline. The call does not wait for the device:
    /// [`Executor::finish`] does.
    ///
    /// The run comes after the present work of the main stream, and later work of the main stream comes after the
    /// whole run.
    ///
    /// A task that fails, on submission or while it runs, is no error of the run: its descendants are skipped, all
    /// other tasks run, and the outcome has the states of all.
    ///
    /// # Errors
    /// [`SchedulerError::RunInFlight`], [`SchedulerError::TooFewStreams`], [`SchedulerError::LaunchCount`] and
    /// [`SchedulerError::Device`]: nothing was submitted. [`SchedulerError::Unordered`], [`SchedulerError::DeviceLost`]:
    /// the run is void, and every later call returns the error again.
    ///
    /// # Safety
    /// Each launch keeps the promise of [`Stream::enqueue`](pixelflume_device::Stream::enqueue) until the run is done, which it
    /// is when [`Executor::finish`] has returned its outcome, or all streams of the executor were synchronized. The schedule
    /// orders each task behind its predecessors, and the launches of a task in their order. The caller orders everything else,
    /// by work on the main stream before or after the run, or on other streams by events of it. Until the call returns no
    /// other work is enqueued in the streams of the executor, or ordered by them, since the run may be captured there.
    /// `launches` returns the same launches at each call.
    #[expect(unsafe_code, reason = "launches hold addresses")]
    pub unsafe fn run<L: AsRef<[Launch]>>(
        &mut self,
        schedule: &Schedule,
        launches: &[L],
    ) -> Result<u64, SchedulerError> {
        // SAFETY: promised by the caller; the key says nothing about the launches.
        unsafe { self.run_keyed(schedule, launches, RunKey::default()) }
    }

    /// Submits a run like [`Executor::run`], with a replay key, which decides in [`ExecutionMode::Replay`] whether the
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
        let main = self.streams[0].clone();
        // SAFETY: promised by the caller.
        let run = unsafe { self.run_on(&main, schedule, launches, key) }?;
        Ok(run.batch())
    }

    /// Submits a run like [`Executor::run_keyed`], with `main` in the place of the executor's main stream: the run comes
    /// after the present work of `main`, and later work of `main` comes after the whole run. A schedule of one stream puts
    /// nothing into another one. Runs in flight come before this run, whatever their main streams.
    ///
    /// # Errors
    /// As [`Executor::run`], and [`SchedulerError::Device`] for a stream of another device.
    ///
    /// # Safety
    /// As for [`Executor::run_keyed`], with `main` as the main stream, which may get other work at any time. Captures are made
    /// on the executor's own streams.
    #[expect(unsafe_code, reason = "launches hold addresses")]
    pub unsafe fn run_on<L: AsRef<[Launch]>>(
        &mut self,
        main: &Stream,
        schedule: &Schedule,
        launches: &[L],
        key: RunKey,
    ) -> Result<RunHandle, SchedulerError> {
        if launches.len() != schedule.len() {
            return Err(SchedulerError::LaunchCount {
                expected: schedule.len(),
                got: launches.len(),
            });
        }
        self.prepare(schedule)?;
        self.order(main)?;
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
        let Some(mut flight) = self.landed.pop() else {
            unreachable!("prepare leaves a flight for the run last");
        };
        let Some(own) = Arc::get_mut(&mut flight) else {
            unreachable!("prepare leaves a flight that nothing else has");
        };
        own.begin(self.batch, main.id());
        let state = &own.state;
        self.profiler
            .begin(&self.device, schedule, &state.times, &mut run.timers);
        let _span = self.profiler.span("run", self.batch);
        let target = StreamTarget {
            streams: &self.streams,
            main,
            start: &self.start,
            end: &own.end,
            events: &self.events,
            stamps: Stamps::NONE,
        };
        // A kernel of a GPU cannot fail once it is enqueued, and a GPU reports nothing to a ticket.
        let reports = self.device.kind() == DeviceKind::Host;
        let mut ticket = reports.then(|| Ticket {
            observer: state.clone(),
            task: 0,
        });
        let path = match self.mode {
            ExecutionMode::Direct => Ok(RunPath::Direct(DirectReason::Mode)),
            ExecutionMode::Replay => run.replayer.submit(
                first,
                Attempt {
                    target,
                    state,
                    ticket: ticket.as_mut(),
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
            state,
            batch: self.batch,
            ticket: ticket.as_mut(),
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
                    for stream in self.streams.iter().chain([main]) {
                        let _ = stream.synchronize();
                    }
                }
            }
            return Err(self.note(error));
        }
        let before = self.last_path.replace(path).unwrap_or(path);
        self.profiler.path(before, path, self.batch);
        self.statistics.count(path);
        self.behind = Some(main.id());
        self.batch += 1;
        self.flights.push_back(Arc::clone(&flight));
        Ok(RunHandle(flight))
    }

    /// Orders later work of `stream` behind all runs in flight. [`Executor::run_on`] does it for its main stream.
    ///
    /// # Errors
    /// [`SchedulerError::Device`] where the device refuses, or the stream is of another one; [`SchedulerError::DeviceLost`].
    /// Then nothing is ordered.
    pub fn order(&mut self, stream: &Stream) -> Result<(), SchedulerError> {
        const ACTION: &str = "ordering a stream behind the runs in flight";
        if stream.device().id() != self.device.id() {
            let source = DeviceError::WrongDevice {
                expected: self.device.to_string(),
                got: stream.device().to_string(),
            };
            return Err(device_error(ACTION, source));
        }
        let Some(newest) = self.flights.back() else {
            return Ok(());
        };
        if self.behind == Some(stream.id()) {
            return Ok(());
        }
        // The newest run comes behind the others. Where the device does not make the stream wait, the host waits.
        let ordered = match stream.wait(&newest.end) {
            Err(error) if error.severity() == Severity::Recoverable => newest.wait(),
            ordered => ordered,
        };
        match ordered {
            Ok(()) => {
                self.behind = Some(stream.id());
                Ok(())
            }
            Err(source) => Err(self.note(device_error(ACTION, source))),
        }
    }

    /// Sets the most runs that may be in flight, at least 1; 1 by default. While a trace is attached, and the times of one run
    /// are kept until it is finished, there is at most 1.
    pub fn set_most_in_flight(&mut self, most: usize) {
        self.most_flights = most.max(1);
    }

    /// The number of runs in flight: submitted, and not finished by [`Executor::finish`].
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.flights.len()
    }

    /// Waits until the oldest run in flight is complete and returns the outcome of its tasks. Later work of its main stream is
    /// not waited for, unless the device refuses to wait for the run alone.
    ///
    /// # Errors
    /// [`SchedulerError::NoRun`] without a run to finish; [`SchedulerError::Device`] where both waits failed, which may
    /// be tried again; [`SchedulerError::DeviceLost`].
    pub fn finish(&mut self) -> Result<RunOutcome<'_>, SchedulerError> {
        if let Some(error) = &self.terminated {
            return Err(error.clone());
        }
        let Some(flight) = self.flights.front() else {
            return Err(SchedulerError::NoRun);
        };
        if self.known_complete == 0 {
            let span = self.profiler.span("finish", flight.batch);
            let ended = flight.wait();
            drop(span);
            if let Err(source) = ended {
                return Err(self.note(device_error("waiting for the end of the run", source)));
            }
        }
        self.known_complete = self.known_complete.saturating_sub(1);
        let Some(flight) = self.flights.pop_front() else {
            unreachable!("a run in flight was just looked at");
        };
        self.landed.push(flight);
        let Some(flight) = self.landed.last() else {
            unreachable!("a flight was just put there");
        };
        let outcome = flight.outcome();
        let (state, schedule) = (&flight.state, flight.state.schedule());
        let mut runs = self.runs.iter_mut();
        if let Some(run) = runs.find(|run| run.schedule.is_same(schedule)) {
            self.profiler.finished(
                schedule,
                |node| matches!(state.mark(node), Mark::Skipped { .. }),
                &state.times,
                &run.timers,
                &self.streams[0],
                flight.batch,
            );
            run.replayer.note_outcome(outcome.failures().is_empty());
        }
        Ok(outcome)
    }

    /// Whether the `runs` oldest runs in flight are complete, which is one question to the device: runs complete in the order
    /// of submission. Where they are, as many calls of [`Executor::finish`] neither wait nor ask; `false` where fewer runs are
    /// in flight.
    ///
    /// # Errors
    /// As for [`RunHandle::is_complete`].
    pub fn are_complete(&mut self, runs: usize) -> Result<bool, SchedulerError> {
        if runs <= self.known_complete {
            return Ok(true);
        }
        let Some(newest) = self.flights.get(runs - 1) else {
            return Ok(false);
        };
        match newest.end.is_complete() {
            Ok(false) => Ok(false),
            Ok(true) => {
                self.known_complete = runs;
                Ok(true)
            }
            Err(source) => Err(self.note(device_error("asking for the end of a run", source))),
        }
    }
}
