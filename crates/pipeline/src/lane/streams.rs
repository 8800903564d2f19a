//! The streams of a lane, and the runs in them.

use crate::config::ExecutionConfig;
use crate::error::PipelineError;
use crate::lane::failures::{FailureCallback, FinishedRun};
use crate::lane::in_flight::InFlight;
use crate::lane::staging::Chunk;
use crate::pipeline::Pipeline;
use crate::plan::bound::BoundPlan;
use pixelflume_device::{Device, Stream};
use pixelflume_ops::ImageBatch;
use pixelflume_scheduler::{Executor, ReplayConfig, ReplayStatistics, Schedule, SchedulerError};
use std::collections::VecDeque;
use std::sync::Arc;

/// An executor with its schedule, and the batches that it has not finished.
pub(super) struct LaneStreams {
    executor: Executor,
    schedule: Schedule,
    most: usize,
    /// The batches that were submitted and are not finished, the oldest first; also those for which a wait has failed.
    in_flight: VecDeque<Arc<InFlight>>,
    /// Batches that are finished, the last one at the end, to be used again when their callers have dropped them.
    finished: Vec<Arc<InFlight>>,
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
            most: config.in_flight,
            in_flight: VecDeque::new(),
            finished: Vec::new(),
        })
    }

    /// The main stream, which orders all work on the memory of the plans between runs.
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

    /// Sets the settings of replay, before the first run.
    pub(super) fn set_replay(&mut self, replay: ReplayConfig) -> Result<(), SchedulerError> {
        self.executor.set_replay_config(replay)
    }

    /// Refuses to go on where no run can be submitted.
    pub(super) fn check_idle(&self) -> Result<(), SchedulerError> {
        self.executor.check_idle()
    }

    /// The most batches that may be in flight.
    pub(super) fn most_in_flight(&self) -> usize {
        self.most
    }

    /// The number of batches in flight.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// The batch that was submitted last; `None` where all are finished.
    pub(super) fn newest(&self) -> Option<&Arc<InFlight>> {
        self.in_flight.back()
    }

    /// Orders later work of `stream` behind all batches in flight.
    pub(super) fn order(&mut self, stream: &Stream) -> Result<(), SchedulerError> {
        self.executor.order(stream)
    }

    /// Submits a run of a plan as `batch`, which is unused, with `on` as the main stream; see [`BoundPlan::run`].
    ///
    /// # Safety
    /// Until the run is finished, or the streams were synchronized, the caller keeps the plan and runs it nowhere else. For the
    /// memory that `input` and `output` give the caller promises what [`BoundPlan::run`] asks for.
    #[expect(unsafe_code, reason = "runs the plan")]
    #[expect(clippy::too_many_arguments, reason = "the parts of one submission")]
    pub(super) unsafe fn run(
        &mut self,
        mut batch: Arc<InFlight>,
        plan: &mut BoundPlan,
        chunk: &Chunk,
        on: &Stream,
        on_failure: Option<&FailureCallback>,
        input: impl Fn(usize) -> Option<ImageBatch>,
        output: impl FnMut(usize) -> Option<ImageBatch>,
    ) -> Result<(), SchedulerError> {
        let own = Arc::get_mut(&mut batch);
        let own = own.expect("nothing else has an unused batch");
        let (executor, schedule) = (&mut self.executor, &self.schedule);
        let size = u32::try_from(chunk.frames.len());
        let size = size.expect("a chunk is no larger than the largest batch");
        // SAFETY: the caller promises it; the streams are the executor's own, which this type alone uses, but for `on`, which
        // may get other work.
        let run = unsafe { plan.run(executor, schedule, on, size, input, output) };
        let run = run.inspect_err(|error| own.abandon(error, on.device()))?;
        own.begin(chunk, plan.shared_plan(), run, on_failure);
        self.in_flight.push_back(batch);
        Ok(())
    }

    /// A batch that nothing else has: a finished one, or a new one where callers hold the finished ones.
    pub(super) fn unused(&mut self) -> Arc<InFlight> {
        let mut finished = self.finished.iter_mut();
        let clear = |batch| Arc::get_mut(batch).map(InFlight::clear).is_some();
        match finished.position(clear) {
            Some(at) => self.finished.remove(at),
            None => Arc::default(),
        }
    }

    /// Waits for the oldest batch in flight; `None` where there is none. After an error it is still in flight.
    pub(super) fn finish(&mut self) -> Result<Option<FinishedRun<'_>>, PipelineError> {
        if self.in_flight.is_empty() {
            return Ok(None);
        }
        let outcome = self.executor.finish()?;
        let batch = self.in_flight.pop_front();
        // Those beyond are held by callers.
        if self.finished.len() > self.most {
            self.finished.remove(0);
        }
        self.finished.extend(batch);
        let batch = self.finished.last();
        Ok(batch.map(|batch| batch.finished(outcome)))
    }

    /// Leaks the memory of other owners that batches in flight use, after a wait that failed with this error.
    pub(super) fn leak_kept(&mut self, error: &PipelineError) {
        for batch in &self.in_flight {
            batch.leak(error);
        }
    }

    /// Whether the `batches` oldest batches in flight are complete, so that as many calls of [`LaneStreams::finish`] do not wait.
    pub(super) fn are_complete(&mut self, batches: usize) -> Result<bool, SchedulerError> {
        self.executor.are_complete(batches)
    }

    /// Drops the graphs that were captured of a plan, which is about to be dropped. No run is in flight.
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

impl Drop for LaneStreams {
    fn drop(&mut self) {
        for batch in &self.in_flight {
            // A caller may keep the batch for long.
            if batch.run().is_complete().is_ok_and(|complete| complete) {
                batch.release();
            }
        }
    }
}
