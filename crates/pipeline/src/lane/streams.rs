//! The streams of a lane, and the run in them.

use crate::config::ExecutionConfig;
use crate::error::PipelineError;
use crate::lane::failures::FinishedRun;
use crate::lane::staging::Chunk;
use crate::pipeline::Pipeline;
use crate::plan::PipelinePlan;
use crate::plan::bound::BoundPlan;
use pixelflume_device::{Device, Stream};
use pixelflume_ops::ImageBatch;
use pixelflume_scheduler::{Executor, ReplayStatistics, Schedule, SchedulerError};

/// An executor with its schedule, and the run that it has not finished.
pub(super) struct LaneStreams {
    executor: Executor,
    schedule: Schedule,
    /// The run that was submitted and is not finished, also one for which a wait has failed.
    running: Option<Chunk>,
}

impl LaneStreams {
    pub(super) fn new(
        pipeline: &Pipeline,
        device: &Device,
        config: &ExecutionConfig,
    ) -> Result<Self, PipelineError> {
        let mut executor = config.executor(device)?;
        // The device may have given fewer streams than were asked for.
        let schedule = Schedule::new(pipeline.tasks(), executor.streams().len())?;
        executor.prepare(&schedule)?;
        Ok(LaneStreams {
            executor,
            schedule,
            running: None,
        })
    }

    /// The main stream, which orders all work on the memory of the plans.
    pub(super) fn main(&self) -> &Stream {
        &self.executor.streams()[0]
    }

    pub(super) fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    pub(super) fn replay_statistics(&self) -> ReplayStatistics {
        self.executor.replay_statistics()
    }

    pub(super) fn set_trace(&mut self, trace: Option<pixelflume_scheduler::Trace>) {
        self.executor.set_trace(trace);
    }

    /// Refuses to go on while a run may still use the memory of the plans.
    pub(super) fn check_idle(&self) -> Result<(), SchedulerError> {
        self.executor.check_idle()
    }

    /// Submits a run of a plan; see [`BoundPlan::run`].
    ///
    /// # Safety
    /// Until the run is finished, or the streams were synchronized, the caller keeps the plan and does not run it elsewhere.
    /// For the memory that `input` and `output` give the caller promises what [`BoundPlan::run`] asks for.
    #[expect(unsafe_code, reason = "runs the plan")]
    pub(super) unsafe fn run(
        &mut self,
        plan: &mut BoundPlan,
        chunk: &Chunk,
        input: impl Fn(usize) -> Option<ImageBatch>,
        output: impl FnMut(usize) -> Option<ImageBatch>,
    ) -> Result<(), SchedulerError> {
        let (executor, schedule) = (&mut self.executor, &self.schedule);
        let size = u32::try_from(chunk.frames.len());
        let size = size.expect("a chunk is no larger than the largest batch");
        // SAFETY: the caller promises it; the streams are the executor's own, which this type alone uses.
        unsafe { plan.run(executor, schedule, size, input, output) }?;
        self.running = Some(chunk.clone());
        Ok(())
    }

    /// Waits for the run of `plan` that was submitted last; `None` where there is none. After an error it is still running.
    pub(super) fn finish<'a>(
        &'a mut self,
        plan: &'a PipelinePlan,
    ) -> Result<Option<FinishedRun<'a>>, PipelineError> {
        let Some(chunk) = self.running.clone() else {
            return Ok(None);
        };
        let outcome = self.executor.finish()?;
        self.running = None;
        Ok(Some(FinishedRun {
            plan,
            chunk,
            outcome,
        }))
    }

    /// Drops the graphs that were captured of a plan, which is about to be dropped.
    pub(super) fn forget(&mut self, plan: &BoundPlan) {
        for batch in 1..=plan.plan().capacity() {
            let forgotten = self
                .executor
                .forget_dimensions(&self.schedule, plan.dimensions(batch));
            if let Err(error) = forgotten {
                // The last run could not be waited for. Its graph stays, and is never launched again.
                tracing::debug!("a captured graph is kept: {error}");
                return;
            }
        }
    }
}
