//! The settings and statistics of an executor's replay.

use super::Executor;
use crate::error::SchedulerError;
use crate::path::RunPath;
use crate::replay::{ExecutionMode, ReplayConfig, ReplayStatistics, Replayer};
use crate::schedule::Schedule;

impl Executor {
    /// The mode in which runs are submitted.
    #[must_use]
    pub fn mode(&self) -> ExecutionMode {
        self.mode
    }

    /// Sets the mode in which the next runs are submitted. What was captured is kept, and used again when the mode is
    /// replay again.
    pub fn set_mode(&mut self, mode: ExecutionMode) {
        self.mode = mode;
    }

    /// Sets the settings of replay, and drops the captured graphs.
    ///
    /// # Errors
    /// As for [`Executor::clear_graphs`].
    pub fn set_replay_config(&mut self, config: ReplayConfig) -> Result<(), SchedulerError> {
        self.clear_graphs()?;
        self.replay = config.in_range();
        Ok(())
    }

    /// The counts of submissions, by way and reason.
    #[must_use]
    pub fn replay_statistics(&self) -> ReplayStatistics {
        self.statistics
    }

    /// The way in which the last run was submitted; `None` before the first.
    #[must_use]
    pub fn last_path(&self) -> Option<RunPath> {
        self.last_path
    }

    /// Drops the graphs that were captured from a schedule for these dimensions ([`RunKey`](crate::RunKey)), for use
    /// when a plan for one shape is dropped and others stay.
    ///
    /// A captured graph holds addresses, and keeps host kernels and modules alive, but not the memory behind the addresses.
    /// The owner of that memory may drop it between runs: a graph touches memory only when it is launched, and it is
    /// launched only for a run whose own launches have the same addresses, or after it was patched to them. It is still
    /// better to drop graphs before what they were captured from, since they take host memory until then.
    ///
    /// # Errors
    /// [`SchedulerError::RunInFlight`] before the last run is finished.
    pub fn forget_dimensions(
        &mut self,
        schedule: &Schedule,
        dimensions: u64,
    ) -> Result<(), SchedulerError> {
        self.check_finished()?;
        let mut runs = self.runs.iter_mut();
        if let Some(run) = runs.find(|run| run.schedule.is_same(schedule)) {
            run.replayer.forget(dimensions);
        }
        Ok(())
    }

    /// Drops all captured graphs.
    ///
    /// # Errors
    /// [`SchedulerError::RunInFlight`] before the last run is finished.
    pub fn clear_graphs(&mut self) -> Result<(), SchedulerError> {
        self.check_finished()?;
        for run in &mut self.runs {
            run.replayer = Replayer::default();
        }
        Ok(())
    }

    /// Refuses a call while a run is in flight; unlike other calls, it is accepted when the device
    /// is lost.
    pub(super) fn check_finished(&self) -> Result<(), SchedulerError> {
        match self.flights.back() {
            Some(newest) if self.terminated.is_none() => Err(SchedulerError::RunInFlight {
                batch: newest.batch,
            }),
            _ => Ok(()),
        }
    }
}
