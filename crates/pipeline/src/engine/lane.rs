//! A lane of an engine: what one batch in flight needs on the device, and the page-locked memory of its frames.

use super::given::GivenImages;
use super::layout::ResultLayout;
use super::place::ResultPlace;
use super::room::Room;
use super::trace::{BatchTimes, Phase};
use super::{BatchId, FailureCause};
use crate::config::ExecutionConfig;
use crate::error::PipelineError;
use crate::lane::Lane;
use crate::lane::failures::FailureCallback;
use crate::lane::staging::tables::TableInputs;
use crate::lane::staging::{Chunk, CopiedFrames};
use crate::pipeline::Pipeline;
use crate::pipeline::node::{OperatorPlans, Source};
use crate::plan::PipelinePlan;
use crate::plan::mixed::TableOrInput;
use grouped::Grouped;
use pixelflume_device::{Stream, contain_panic};
use pixelflume_memory::{MemoryError, MemoryManager};
use pixelflume_ops::image::layout::Spaced;
use pixelflume_scheduler::{ReplayStatistics, Schedule};
use std::sync::Arc;
use tensors::LaneTensors;

/// The streams on which all lanes of an engine copy.
pub(super) struct CopyStreams {
    pub(super) upload: Stream,
    pub(super) download: Stream,
}

/// A [`Lane`] with page-locked memory for the frames of one batch.
pub(super) struct EngineLane {
    lane: Lane,
    /// The room for images of any sizes; `None` in an engine for one set of shapes. Dropped after the lane, whose runs read it.
    pub(super) room: Option<Room>,
    /// What is known of the images of the batch; `None` where every node does the same to every image.
    pub(super) given: Option<GivenImages>,
    /// Where batches are executed in groups: by a pipeline with per-image operators that is no chain for images of any sizes.
    grouped: Option<Grouped>,
    /// The frames that were given in device memory. Dropped after the lane, whose runs read them.
    pub(super) tensors: LaneTensors,
    /// For each input of the executed pipeline the input of the engine's that it is; `None` for tables.
    fixed: Vec<Option<usize>>,
    /// The most frames of a batch.
    capacity: usize,
    /// Whether each frame was written since the lane was taken, by frame, then by input of the engine's pipeline.
    pub(super) written: Vec<bool>,
    pub(super) times: BatchTimes,
}

/// What the lanes of an engine have in common.
pub(super) struct LanePlan<'a> {
    /// The pipeline that is executed: the engine's, or the one that is derived of it for images of any sizes.
    pub(super) pipeline: &'a Pipeline,
    pub(super) operators: &'a OperatorPlans,
    /// The pipeline of the engine.
    pub(super) original: &'a Pipeline,
    /// What the inputs of a derived pipeline are; empty for the engine's own one.
    pub(super) sources: &'a [TableOrInput],
    /// Bytes of the room for images of any sizes; `None` where there is none.
    pub(super) room: Option<usize>,
    /// For each input of the executed pipeline the input of the engine's that it is; `None` for tables.
    pub(super) fixed: &'a [Option<usize>],
}

impl EngineLane {
    /// Makes a lane. It takes the plan of another lane of the engine over, unless the device gave one of the two fewer streams.
    pub(super) fn new(
        of: &LanePlan<'_>,
        memory: &MemoryManager,
        config: &ExecutionConfig,
        other: Option<&EngineLane>,
    ) -> Result<Self, PipelineError> {
        let inputs = of.original.inputs().len();
        let is_per_image = of.original.is_per_image();
        let is_grouped = is_per_image && of.room.is_none();
        let plans = if is_grouped { config.plan_cache } else { 1 };
        let tables = TableInputs::new(of.sources, config.copied_tables);
        let lane = Lane::new(of.pipeline, memory, config, plans)?;
        let mut lane = lane.with_tables(tables, config)?;
        let plan = match other {
            Some(other) if other.schedule() == lane.schedule() => other.plan().clone(),
            _ => lane.plan(of.pipeline, of.operators.clone(), config.max_batch)?,
        };
        lane.insert(lane.bind(plan.clone())?);
        lane.allocate_inputs()?;
        let capacity = plan.capacity() as usize;
        let room = of.room.map(|bytes| {
            let size = (capacity, inputs);
            Room::new(of.pipeline, bytes, size, memory, lane.main_stream())
        });
        let room = room.transpose()?;
        if let (Some(room), Some(plan)) = (&room, lane.plans.current_mut()) {
            plan.set_described(Some(room.access()));
        }
        let outputs = of.original.output_nodes().iter();
        let grouped = is_grouped.then(|| Grouped {
            pipeline: of.original.clone(),
            outputs: outputs
                .map(|&node| of.operators.shapes.nodes[node])
                .collect(),
            runs: Vec::new(),
            is_submitted: false,
        });
        Ok(EngineLane {
            lane,
            room,
            given: is_per_image.then(|| GivenImages::new(capacity)),
            grouped,
            tensors: LaneTensors::new(capacity * inputs),
            fixed: of.fixed.to_vec(),
            capacity,
            written: vec![false; capacity * inputs],
            times: BatchTimes::default(),
        })
    }

    /// Begins a batch, of this pass over the data set: nothing is written.
    pub(super) fn clear(&mut self, epoch: u64) {
        self.written.fill(false);
        self.tensors.clear();
        if let Some(room) = &mut self.room {
            room.clear();
        }
        if let Some(given) = &mut self.given {
            given.clear(epoch);
        }
    }

    fn plan(&self) -> &PipelinePlan {
        self.lane.current().plan()
    }

    pub(super) fn schedule(&self) -> &Schedule {
        self.lane.schedule()
    }

    /// The page-locked memory of a frame of an input of the executed pipeline.
    pub(super) fn frame_mut(
        &mut self,
        input: usize,
        frame: usize,
    ) -> Result<&mut [u8], MemoryError> {
        self.lane.frame_mut(input, frame)
    }

    /// Bytes of page-locked memory for frames.
    pub(super) fn pinned_bytes(&self) -> usize {
        self.lane.staging.input_bytes() + self.room_bytes()
    }

    fn room_bytes(&self) -> usize {
        self.room.as_ref().map_or(0, Room::bytes)
    }

    /// Bytes of the arena, and of the room for images of any sizes.
    pub(super) fn device_bytes(&self) -> usize {
        self.plan().arena().bytes() + self.room_bytes()
    }

    pub(super) fn replay_statistics(&self) -> ReplayStatistics {
        self.lane.replay_statistics()
    }

    pub(super) fn set_trace(&mut self, trace: Option<pixelflume_scheduler::Trace>) {
        let device = self.lane.device();
        if let Err(error) = self.times.switch(device, trace.is_some()) {
            tracing::warn!(%error, "the trace will have no times of this engine's copies");
        }
        self.lane.set_trace(trace);
    }

    /// Gives the batch to the device: uploads, launches or a graph, and downloads unless the results stay on the device. Waits
    /// for nothing; the buffers order the copies before and behind the work in the streams of the lane.
    #[expect(unsafe_code, reason = "runs the plan over tensors")]
    pub(super) fn dispatch(
        &mut self,
        batch: BatchId,
        frames: usize,
        output: &mut ResultPlace,
        layout: &ResultLayout,
        copies: &CopyStreams,
    ) -> Result<(), PipelineError> {
        // Before anything is copied to memory that a run may still use which nothing orders.
        self.lane.check_idle()?;
        if self.grouped.is_some() {
            return self.dispatch_groups(batch, frames, output, layout, copies);
        }
        let chunk = chunk(batch, frames);
        self.prepare_results(frames, output)?;
        self.tensors.check_captures()?;
        let all = CopiedFrames::all(&chunk);
        self.times.begin(Phase::Upload, &copies.upload);
        if let Some(room) = &mut self.room {
            let pipeline = self.lane.current().plan().pipeline();
            let copied = room.upload(&copies.upload);
            copied
                .map_err(|error| pipeline.copy_failed(chunk.upload(), Source::Input(0), error))?;
        }
        self.upload(&chunk, copies)?;
        self.times.end(Phase::Upload, &copies.upload);
        if !self.tensors.is_empty() {
            self.tensors.begin(self.lane.main_stream())?;
        }
        // The uploads have made the main stream wait for them.
        self.times.begin(Phase::Compute, self.lane.main_stream());
        let run = match &mut *output {
            // SAFETY: the tensors are this batch's alone. They stay in `output`, which nobody reads before `finish` has waited for
            // the run, and which marks them where it is given up or dropped before.
            ResultPlace::Device(results) => unsafe {
                let places = Spaced {
                    first: 0,
                    step: 1,
                    count: frames,
                };
                self.lane.run_into(&chunk, results.written(), places)
            },
            ResultPlace::Pinned(_) => self.lane.run(&chunk),
        };
        if let (Err(_), Some(room)) = (&run, &self.room) {
            // A part of the run may be on the device, and the main stream does not know of it. The tensors are marked already.
            room.mark_unordered();
        }
        run?;
        self.times.end(Phase::Compute, self.lane.main_stream());
        if let ResultPlace::Pinned(output) = output {
            self.times.begin_computed(Phase::Download, &copies.download);
            for (index, &begin) in layout.offsets.iter().enumerate() {
                let target = (&mut *output, begin);
                self.lane
                    .download(index, &chunk, all, target, &copies.download)?;
            }
            self.times.end(Phase::Download, &copies.download);
        }
        Ok(())
    }

    /// Starts to copy the frames of all inputs of the executed pipeline to its memory, and the tables.
    fn upload(&mut self, chunk: &Chunk, copies: &CopyStreams) -> Result<(), PipelineError> {
        let all = CopiedFrames::all(chunk);
        let inputs = self.written.len() / self.capacity;
        for index in 0..self.fixed.len() {
            let own = self.fixed[index].filter(|_| !self.tensors.is_empty());
            let Some(input) = own else {
                self.lane.upload(index, chunk, all, &copies.upload)?;
                continue;
            };
            let mut written = 0..0;
            for frame in 0..=all.count {
                let is_written =
                    frame < all.count && self.tensors.get(frame * inputs + input).is_none();
                if is_written {
                    written.end = frame + 1;
                    continue;
                }
                if !written.is_empty() {
                    let frames = CopiedFrames {
                        pinned: written.start,
                        planned: written.start,
                        count: written.len(),
                    };
                    self.lane.upload(index, chunk, frames, &copies.upload)?;
                }
                written = frame + 1..frame + 1;
                if frame < all.count
                    && let Some(tensor) = self.tensors.get(frame * inputs + input)
                {
                    let stream = &copies.upload;
                    self.lane.copy_frame(index, chunk, frame, tensor, stream)?;
                }
            }
        }
        Ok(())
    }

    /// Whether frames of an input that keeps its shape can be given as tensors without padding.
    pub(super) fn copies_tensors(&self) -> bool {
        self.grouped.is_none()
    }

    /// Prepares tensors for the results, where these stay on the device.
    fn prepare_results(
        &self,
        frames: usize,
        output: &mut ResultPlace,
    ) -> Result<(), PipelineError> {
        let ResultPlace::Device(results) = output else {
            return Ok(());
        };
        let plan = self.plan();
        let (nodes, frames) = (&plan.shapes().nodes, (frames, self.capacity));
        results.prepare(plan.pipeline(), nodes, frames, self.lane.memory())
    }

    /// Waits until the batch is complete on the device and its results are in `output`. Gives the first failure, if a node
    /// failed; the callback is called first.
    pub(super) fn finish(
        &mut self,
        batch: BatchId,
        frames: usize,
        output: &mut ResultPlace,
        on_failure: impl FnOnce() -> Option<FailureCallback>,
    ) -> Result<Option<FailureCause>, PipelineError> {
        let (complete, failed) = match self.grouped.is_some() {
            true => self.finish_groups(on_failure)?,
            false => self.finish_run(on_failure)?,
        };
        if complete {
            if let ResultPlace::Device(results) = &mut *output {
                results.complete();
            }
            self.tensors.complete();
        }
        self.tensors.clear();
        if let ResultPlace::Pinned(output) = output
            && let Err(error) = output.as_mut_slice()
        {
            let pipeline = self.plan().pipeline();
            let source = Source::Node(pipeline.output_nodes()[0]);
            let download = chunk(batch, frames).download();
            return Err(pipeline.copy_failed(download, source, error));
        }
        Ok(failed)
    }

    /// Waits for the run of a batch. Gives whether there was one, and its first failure.
    fn finish_run(
        &mut self,
        on_failure: impl FnOnce() -> Option<FailureCallback>,
    ) -> Result<(bool, Option<FailureCause>), PipelineError> {
        let Some(finished) = self.lane.finish()? else {
            return Ok((false, None));
        };
        if finished.is_success() {
            return Ok((true, None));
        }
        let callback = on_failure();
        finished.report(callback.as_ref());
        // The callback may have replaced itself, and this be its last handle.
        contain_panic("the drop of the callback for nodes that fail", || {
            drop(callback);
        });
        let failure = finished.first_failure();
        let failure = failure.map(|failure| FailureCause::Node(Arc::new(failure)));
        Ok((true, failure))
    }
}

fn chunk(batch: BatchId, frames: usize) -> Chunk {
    Chunk {
        batch: batch.0,
        frames: 0..frames,
        numbers: 0..frames,
    }
}

pub(super) mod grouped;
pub(super) mod tensors;
#[cfg(test)]
mod tests;
