//! What one batch in flight needs on the device, and its pinned memory.

use super::state::Layout;
use super::trace::{BatchTimes, Phase};
use super::{BatchId, FailureCause};
use crate::compiled::Compiled;
use crate::context::{FailureCallback, failure, report};
use crate::copies::CopyName;
use crate::node::Source;
use crate::pipeline::Pipeline;
use crate::staging::Chunk;
use crate::{PipelineError, RunnerConfig};
use pixelflume_device::{Stream, contain_panic};
use pixelflume_memory::{MemoryError, MemoryManager, PinnedBuffer};
use pixelflume_ops::ImageShape;
use pixelflume_scheduler::{Executor, ReplayStatistics, Schedule};
use std::sync::Arc;

/// The streams that all slots copy on.
pub(super) struct Lanes {
    pub(super) upload: Stream,
    pub(super) download: Stream,
}

/// Streams, captured graphs, plan and input memory of one batch in flight.
pub(super) struct Slot {
    /// First, so that what was captured goes before the memory that it was captured with.
    executor: Executor,
    schedule: Schedule,
    plan: Compiled,
    pub(super) inputs: Vec<PinnedBuffer>,
    /// By frame, then by input: whether it was written since the slot was taken.
    pub(super) written: Vec<bool>,
    running: bool,
    pub(super) times: BatchTimes,
}

impl Slot {
    pub(super) fn new(
        pipeline: &Pipeline,
        shapes: &[ImageShape],
        memory: &MemoryManager,
        config: &RunnerConfig,
    ) -> Result<Self, PipelineError> {
        let mut executor = config.executor(memory.device())?;
        let schedule = Schedule::new(pipeline.tasks(), executor.streams().len())?;
        executor.prepare(&schedule)?;
        let planned = pipeline.plan(shapes)?;
        let main = &executor.streams()[0];
        let capacity = config.max_batch;
        let plan = Compiled::new(pipeline, planned, &schedule, memory, main, capacity)?;
        let mut slot = Slot {
            executor,
            schedule,
            plan,
            inputs: Vec::with_capacity(shapes.len()),
            written: vec![false; capacity as usize * shapes.len()],
            running: false,
            times: BatchTimes::default(),
        };
        for input in 0..shapes.len() {
            let buffer = slot.pinned(Source::Input(input), memory)?;
            slot.inputs.push(buffer);
        }
        Ok(slot)
    }

    /// Room for the largest batch of an input or output.
    fn pinned(
        &self,
        source: Source,
        memory: &MemoryManager,
    ) -> Result<PinnedBuffer, PipelineError> {
        let bytes = self.plan.shapes().of(source).bytes() * self.plan.capacity() as usize;
        memory.pinned(bytes).map_err(|error| PipelineError::Memory {
            owner: self.plan.pipeline().owner(source),
            purpose: "frames in page-locked memory".to_owned(),
            source: error,
        })
    }

    fn failed(&self, copy: CopyName, of: Source, error: MemoryError) -> PipelineError {
        copy.failed(self.plan.pipeline(), of, error)
    }

    pub(super) fn device_bytes(&self) -> usize {
        self.plan.arena().bytes()
    }

    /// How the batches of this slot were submitted.
    pub(super) fn replay_statistics(&self) -> ReplayStatistics {
        self.executor.replay_statistics()
    }

    pub(super) fn set_trace(&mut self, trace: Option<pixelflume_scheduler::Trace>) {
        let device = self.executor.device();
        if let Err(error) = self.times.switch(device, trace.is_some()) {
            tracing::warn!(%error, "the trace will have no times of this engine's copies");
        }
        self.executor.set_trace(trace);
    }

    /// Gives the batch to the device: copies, launches or a graph, copies. Nothing is waited for; the buffers order the
    /// copies before and behind what the streams of the slot hold.
    #[expect(unsafe_code, reason = "runs the plan")]
    pub(super) fn dispatch(
        &mut self,
        batch: BatchId,
        frames: usize,
        output: &mut PinnedBuffer,
        layout: &Layout,
        lanes: &Lanes,
    ) -> Result<(), PipelineError> {
        // Before anything is copied to memory that a run may still use which nothing orders.
        self.executor.check_idle()?;
        self.times.begin(Phase::Upload, &lanes.upload);
        let size = u32::try_from(frames).expect("no more frames than the largest batch");
        let batch = batch.0;
        let upload = CopyName::Upload { batch, frames };
        let download = CopyName::Download { batch, frames };
        for index in 0..self.inputs.len() {
            let source = Source::Input(index);
            let bytes = self.plan.shapes().of(source).bytes() * frames;
            let (buffer, offset) = self.plan.buffer_mut(source);
            buffer
                .upload(offset, &mut self.inputs[index], 0..bytes, &lanes.upload)
                .map_err(|error| self.failed(upload, source, error))?;
        }
        self.times.end(Phase::Upload, &lanes.upload);
        // The copies above have made it wait for them.
        self.times
            .begin(Phase::Compute, &self.executor.streams()[0]);
        let (executor, schedule) = (&mut self.executor, &self.schedule);
        let own = |_| None;
        // SAFETY: all memory is the plan's, which the slot keeps together with its executor; that refuses a run before the
        // last one is finished.
        unsafe { self.plan.run(executor, schedule, size, own, own) }?;
        self.running = true;
        self.times.end(Phase::Compute, &self.executor.streams()[0]);
        self.times.begin_computed(Phase::Download, &lanes.download);
        for (index, &begin) in layout.offsets.iter().enumerate() {
            let source = Source::Node(self.plan.pipeline().output_nodes()[index]);
            let bytes = self.plan.shapes().of(source).bytes() * frames;
            let (buffer, offset) = self.plan.buffer(source);
            buffer
                .download(offset, output, begin..begin + bytes, &lanes.download)
                .map_err(|error| self.failed(download, source, error))?;
        }
        self.times.end(Phase::Download, &lanes.download);
        Ok(())
    }

    /// Waits until the device is done with the batch and the results are in `output`. What failed, if a node did; the
    /// callback is told first.
    pub(super) fn finish(
        &mut self,
        batch: BatchId,
        frames: usize,
        output: &mut PinnedBuffer,
        on_failure: impl FnOnce() -> Option<FailureCallback>,
    ) -> Result<Option<FailureCause>, PipelineError> {
        let mut failed = None;
        if self.running {
            let outcome = self.executor.finish()?;
            self.running = false;
            if !outcome.is_success() {
                let chunk = Chunk {
                    batch: batch.0,
                    frames: 0..frames,
                };
                let callback = on_failure();
                report(&self.plan, &outcome, &chunk, callback.as_ref());
                // It may have replaced itself, and be the last handle.
                contain_panic("the drop of the callback for nodes that fail", || {
                    drop(callback);
                });
                let nodes = self.plan.pipeline().output_nodes();
                failed = nodes
                    .iter()
                    .find_map(|&node| failure(&self.plan, &outcome, node, &chunk));
            }
        }
        if let Err(error) = output.as_mut_slice() {
            let source = Source::Node(self.plan.pipeline().output_nodes()[0]);
            let batch = batch.0;
            let download = CopyName::Download { batch, frames };
            return Err(self.failed(download, source, error));
        }
        Ok(failed.map(|failure| FailureCause::Node(Arc::new(failure))))
    }
}

#[cfg(test)]
mod tests;
