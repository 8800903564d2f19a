//! Runs of an executor: their submission, and the wait for their end.

use pixelflume_device::{DeviceKind, Launch, Severity};

use super::{Executor, Run, device_error};
use crate::error::{NodeFailure, SchedulerError};
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
            events: &self.events,
            stamps: Stamps::NONE,
        };
        // A kernel of a GPU cannot fail once it is enqueued, and a GPU reports nothing to a ticket.
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

    /// Waits until the run is complete and returns the outcome of its tasks. Later work of the main stream is not
    /// waited for, unless the device refuses to wait for the run alone.
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
}
