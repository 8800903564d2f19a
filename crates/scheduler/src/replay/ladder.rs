//! The ladder: the cheapest way to submit a run that gives the same results.
#![expect(unsafe_code, reason = "launches graphs")]

use pixelflume_device::{DeviceError, Graph, Launch, Severity, Ticket};

use super::executables::{Difference, Executable, KeyEntry, RecordedLaunches};
use super::{Refusals, ReplayConfig, ReplayStatistics, RunKey, capture};
use crate::path::{DirectReason, InstantiateReason, RunPath};
use crate::profile::{Profiler, Timed, Timers};
use crate::promise::PromisedRun;
use crate::state::RunState;
use crate::submit::StreamTarget;

/// A run that is to be submitted as a graph.
pub(crate) struct Attempt<'a, L> {
    pub(crate) target: StreamTarget<'a>,
    pub(crate) state: &'a RunState,
    pub(crate) ticket: Option<&'a mut Ticket>,
    pub(crate) launches: PromisedRun<'a, L>,
    pub(crate) key: RunKey,
    pub(crate) batch: u64,
    pub(crate) config: &'a ReplayConfig,
    pub(crate) statistics: &'a mut ReplayStatistics,
    pub(crate) profiler: &'a Profiler,
    pub(crate) timers: &'a Timers,
    pub(crate) refusals: &'a mut Refusals,
}

impl<L: AsRef<[Launch]>> Attempt<'_, L> {
    /// Submits the run of `entry` by the cheapest step that gives the same results.
    pub(super) fn submit_as_graph(
        &mut self,
        entry: &mut KeyEntry,
        after_failure: bool,
    ) -> Result<RunPath, DeviceError> {
        let launches = self.launches.all();
        let difference = entry.find(self.state.schedule(), launches, self.key.revision);
        if difference == Difference::Kernels {
            let first_run = RecordedLaunches::new(self.state.schedule(), launches);
            // Captures that failed before failed for other kernels.
            *entry = KeyEntry::new(entry.dimensions, entry.used, first_run, self.config.warm_up);
            return Ok(RunPath::Direct(DirectReason::WorkChanged));
        }
        if self.key.recapture {
            return Ok(RunPath::Direct(DirectReason::RecaptureAsked));
        }
        if after_failure {
            return Ok(RunPath::Direct(DirectReason::AfterFailure));
        }
        if entry.executables.is_empty() {
            return match entry.may_capture() {
                true => self.instantiate(entry, InstantiateReason::FirstCapture),
                false if entry.needed > self.config.warm_up => {
                    Ok(RunPath::Direct(DirectReason::BackingOff))
                }
                false => Ok(RunPath::Direct(DirectReason::WarmUp)),
            };
        }
        if difference == Difference::None {
            entry.patched_in_a_row = 0;
            return self.launch(entry, RunPath::Replayed);
        }
        let grows = entry.executables.len() < self.config.ring
            && entry.patched_in_a_row >= self.config.warm_up
            && entry.may_capture();
        if grows {
            return self.instantiate(entry, InstantiateReason::RingGrown);
        }
        self.patch(entry)
    }

    /// Patches the oldest executable; where the device refuses that, captures again for it.
    fn patch(&mut self, entry: &mut KeyEntry) -> Result<RunPath, DeviceError> {
        entry.executables.rotate_left(1);
        let Some(executable) = entry.executables.last_mut() else {
            unreachable!("there is an executable to patch");
        };
        let span = self.profiler.span("patch", self.batch);
        let patched = self.refusals.patch().and_then(|()| {
            executable.patch(
                self.state.schedule(),
                self.launches.all(),
                self.ticket.as_deref_mut(),
            )
        });
        drop(span);
        match unless_lost(patched)? {
            Ok(nodes) => {
                entry.patched_in_a_row += 1;
                self.launch(entry, RunPath::Patched { nodes })
            }
            Err(error) => {
                self.statistics.patches_refused += 1;
                tracing::debug!(batch = self.batch, %error, "a graph was not patched");
                match entry.may_capture() {
                    true => self.update(entry),
                    // Captures in every run would cost more than they save.
                    false => Ok(RunPath::Direct(DirectReason::BackingOff)),
                }
            }
        }
    }

    /// Captures again for the last executable, which is updated from the capture or replaced.
    fn update(&mut self, entry: &mut KeyEntry) -> Result<RunPath, DeviceError> {
        let Some(graph) = self.capture(entry)? else {
            return Ok(RunPath::Direct(DirectReason::CaptureFailed));
        };
        let Some(executable) = entry.executables.last_mut() else {
            unreachable!("there is an executable to update");
        };
        let span = self.profiler.span("update", self.batch);
        let updated = self
            .refusals
            .update()
            .and_then(|()| executable.update(&graph, self.state.schedule(), self.launches.all()));
        drop(span);
        match unless_lost(updated)? {
            Ok(true) => {
                self.captured(entry);
                self.launch(entry, RunPath::Updated)
            }
            Ok(false) | Err(_) => {
                self.statistics.updates_refused += 1;
                entry.executables.pop();
                self.add(entry, graph, InstantiateReason::UpdateRefused)
            }
        }
    }

    /// Captures into a new executable.
    fn instantiate(
        &mut self,
        entry: &mut KeyEntry,
        reason: InstantiateReason,
    ) -> Result<RunPath, DeviceError> {
        match self.capture(entry)? {
            Some(graph) => self.add(entry, graph, reason),
            None => Ok(RunPath::Direct(DirectReason::CaptureFailed)),
        }
    }

    fn add(
        &mut self,
        entry: &mut KeyEntry,
        graph: Graph,
        reason: InstantiateReason,
    ) -> Result<RunPath, DeviceError> {
        let span = self.profiler.span("instantiate", self.batch);
        let exec = unless_lost(graph.instantiate())?;
        drop(span);
        match exec {
            Ok(exec) => {
                let recorded = RecordedLaunches::new(self.state.schedule(), self.launches.all());
                entry.executables.push(Executable {
                    exec,
                    recorded,
                    revision: 0,
                    timed: Timed::default(),
                });
                self.captured(entry);
                self.launch(entry, RunPath::Instantiated(reason))
            }
            Err(error) => {
                self.back_off(entry, &error);
                Ok(RunPath::Direct(DirectReason::CaptureFailed))
            }
        }
    }

    /// Captures the run; `None` where the capture failed, after which the key gets no capture for a
    /// while.
    fn capture(&mut self, entry: &mut KeyEntry) -> Result<Option<Graph>, DeviceError> {
        let span = self.profiler.span("capture", self.batch);
        let captured = capture::capture(
            self.target,
            self.state.schedule(),
            self.launches,
            self.ticket.as_deref_mut(),
            self.refusals,
        );
        drop(span);
        match unless_lost(captured)? {
            Ok(graph) => Ok(Some(graph)),
            Err(error) => {
                self.back_off(entry, &error);
                Ok(None)
            }
        }
    }

    /// Counts a capture that an executable was made from.
    fn captured(&mut self, entry: &mut KeyEntry) {
        self.statistics.captured += 1;
        entry.stable = 0;
        entry.needed = self.config.warm_up;
        entry.patched_in_a_row = 0;
    }

    fn back_off(&mut self, entry: &mut KeyEntry, error: &DeviceError) {
        let most = self.config.back_off_limit.max(self.config.warm_up);
        entry.stable = 0;
        entry.needed = entry.needed.saturating_mul(2).min(most);
        self.statistics.captures_failed += 1;
        tracing::warn!(
            batch = self.batch, runs = entry.needed, %error,
            "a run could not be captured and is submitted directly; the next try comes after some runs"
        );
    }

    /// Launches the last executable.
    fn launch(&mut self, entry: &mut KeyEntry, path: RunPath) -> Result<RunPath, DeviceError> {
        let Some(executable) = entry.executables.last_mut() else {
            unreachable!("there is an executable to launch");
        };
        // Whichever step led here, the executable now has the launches of this run.
        executable.revision = self.key.revision;
        if self.ticket.is_some() {
            for step in self.state.schedule().steps() {
                // The number of launches fits: a launch has hundreds of bytes.
                let launches = self.launches.of(step.node.index()).len() as u32;
                self.state.expect(step.node, launches);
            }
        }
        // The graph may have been captured with the states of another run.
        let observer = self.ticket.as_ref().map(|ticket| ticket.observer.clone());
        let span = self.profiler.span("launch", self.batch);
        let launched = self.refusals.launch().and_then(|()| {
            let timed = executable
                .timed
                .sample(self.profiler, self.timers, |stamps| {
                    let _span = self.profiler.span("capture with times", self.batch);
                    capture::capture(
                        self.target.with_stamps(stamps),
                        self.state.schedule(),
                        self.launches,
                        self.ticket.as_deref_mut(),
                        self.refusals,
                    )?
                    .instantiate()
                });
            let exec = timed.unwrap_or(&executable.exec);
            // SAFETY: the memory of the launches of this run was promised with them, until the run is done. Whichever step led
            // here found that the executable has just those launches, or has put them in; so has the one with times, which
            // was captured from them and is dropped when they change. The capture orders them as the schedule says.
            unsafe { exec.launch(self.target.main, observer.as_ref()) }
        });
        drop(span);
        match unless_lost(launched)? {
            Ok(()) => Ok(path),
            Err(error) => {
                tracing::warn!(batch = self.batch, %error, "a graph could not be launched; the run is submitted directly");
                entry.executables.pop();
                entry.stable = 0;
                Ok(RunPath::Direct(DirectReason::LaunchRefused))
            }
        }
    }
}

/// Lets errors through that end the executor, and returns all others as values.
fn unless_lost<T>(result: Result<T, DeviceError>) -> Result<Result<T, DeviceError>, DeviceError> {
    match result {
        Err(error) if error.severity() == Severity::DeviceLost => Err(error),
        other => Ok(other),
    }
}
