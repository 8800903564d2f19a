//! Runs in flight, each shared by its executor and by those who wait for it.

use std::sync::{Arc, OnceLock};

use pixelflume_device::{Device, DeviceError, Event, Severity, StreamId};

use crate::error::{NodeFailure, SchedulerError};
use crate::outcome::RunOutcome;
use crate::schedule::Schedule;
use crate::state::RunState;

/// A run that was submitted, with what tells its end and its outcome. It belongs to one run after the other, each after the
/// last handle on the run before is gone.
pub(crate) struct Flight {
    /// Captured graphs keep the states that they were captured with, so the state is shared by itself.
    pub(crate) state: Arc<RunState>,
    /// The event behind all work of the run, on the run's main stream.
    pub(crate) end: Event,
    pub(crate) batch: u64,
    /// The main stream of the run.
    pub(crate) main: Option<StreamId>,
    device: Device,
    /// The failures in the order of submission, from the end of the run on.
    failures: OnceLock<Vec<NodeFailure>>,
}

impl Flight {
    pub(crate) fn new(device: &Device, schedule: &Schedule) -> Result<Self, DeviceError> {
        Ok(Flight {
            state: Arc::new(RunState::new(schedule)),
            end: device.event()?,
            batch: 0,
            main: None,
            device: device.clone(),
            failures: OnceLock::new(),
        })
    }

    /// Prepares for another run, while nothing of the last one is on the device.
    pub(crate) fn begin(&mut self, batch: u64, main: StreamId) {
        self.state.reset();
        self.failures.take();
        self.batch = batch;
        self.main = Some(main);
    }

    /// Waits for the end of the run, or for the whole device where the driver does not wait for the event.
    pub(crate) fn wait(&self) -> Result<(), DeviceError> {
        self.end.synchronize().or_else(|error| {
            if error.severity() == Severity::DeviceLost {
                return Err(error);
            }
            tracing::warn!(
                batch = self.batch, %error,
                "the end of a run could not be waited for; the whole device is"
            );
            self.device.synchronize()
        })
    }

    /// The outcome of the run, which is complete.
    pub(crate) fn outcome(&self) -> RunOutcome<'_> {
        RunOutcome {
            state: &self.state,
            failures: self.failures.get_or_init(|| self.take_failures()),
            batch: self.batch,
        }
    }

    fn take_failures(&self) -> Vec<NodeFailure> {
        self.state.mark_done();
        let schedule = self.state.schedule();
        let mut failures = Vec::new();
        self.state.take_failures(|node, cause| {
            failures.push(NodeFailure {
                node,
                name: schedule.shared_name(node),
                batch: self.batch,
                cause,
            });
        });
        failures.sort_unstable_by_key(|failure| schedule.rank(failure.node));
        for failure in &failures {
            tracing::warn!(node = &*failure.name, batch = self.batch, cause = %failure.cause, "a task failed");
        }
        failures
    }
}

/// A handle on a run of an [`Executor`](crate::Executor): it waits for the end of the run and gives the outcome, on any
/// thread, also after the executor is gone. Dropping the handle changes nothing about the run.
#[derive(Clone)]
pub struct RunHandle(pub(crate) Arc<Flight>);

impl RunHandle {
    /// The number of the run: 0 for the first of its executor.
    #[must_use]
    pub fn batch(&self) -> u64 {
        self.0.batch
    }

    /// Whether the run is complete.
    ///
    /// # Errors
    /// [`SchedulerError::Device`] where the device does not tell; [`SchedulerError::DeviceLost`].
    pub fn is_complete(&self) -> Result<bool, SchedulerError> {
        let complete = self.0.end.is_complete();
        complete.map_err(|source| device_error("asking for the end of a run", source))
    }

    /// Waits until the run is complete, and gives the outcome of its tasks. Must not be called from a host kernel.
    ///
    /// # Errors
    /// [`SchedulerError::Device`] where the device does not wait, which may be tried again; [`SchedulerError::DeviceLost`].
    pub fn wait(&self) -> Result<RunOutcome<'_>, SchedulerError> {
        let waited = self.0.wait();
        waited.map_err(|source| device_error("waiting for the end of a run", source))?;
        Ok(self.0.outcome())
    }
}

impl std::fmt::Debug for RunHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RunHandle(batch {})", self.0.batch)
    }
}

pub(crate) fn device_error(action: &'static str, source: DeviceError) -> SchedulerError {
    match source.severity() {
        Severity::DeviceLost => SchedulerError::DeviceLost { source },
        Severity::Recoverable => SchedulerError::Device { action, source },
    }
}
