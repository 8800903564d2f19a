//! Submitting a batch without waiting for its results.

use crate::error::PipelineError;
use crate::image::tensor::DeviceTensor;
use crate::lane::Lane;
use crate::lane::enqueue::StagingOf;
use crate::lane::in_flight::InFlight;
use crate::lane::run_inputs::RunInputs;
use crate::lane::staging::Staging;
use crate::lane::watcher::Watcher;
use crate::outputs::{Output, Outputs};
use crate::pipeline::Pipeline;
use crate::pipeline::node::Source;
use pixelflume_device::Stream;
use pixelflume_ops::ImageShape;
use pixelflume_ops::image::layout::BatchLayout;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

/// The batches of one submission: one, or several where there are more frames than the largest batch has.
pub(crate) struct Submitted {
    pub(crate) first: Arc<InFlight>,
    pub(crate) rest: Vec<Arc<InFlight>>,
    pub(crate) watcher: Arc<Watcher>,
}

impl Lane {
    /// Submits `frames` frames to the current plan, behind the present work of `on` and before its later work. The caller has
    /// checked the shapes and numbers of inputs; device memory and the places for outputs are checked here.
    pub(crate) fn submit<O: Outputs + ?Sized>(
        &mut self,
        inputs: RunInputs<'_>,
        frames: usize,
        outputs: &mut O,
        on: &Stream,
    ) -> Result<Submitted, PipelineError> {
        let start = Instant::now();
        let plan = Arc::clone(self.current().shared_plan());
        let (pipeline, nodes) = (plan.pipeline(), &plan.shapes().nodes);
        let shape = |node: usize| nodes[node];
        self.check_batch(pipeline, &shape, inputs, frames, outputs, Some(on))?;
        self.finish_complete()?;
        self.allocate_tensors(pipeline, &shape, frames, outputs, Some(on))?;
        let submitted = self.submit_chunks(inputs, frames, outputs, on);
        self.statistics.submit_time += start.elapsed();
        submitted.inspect_err(|_| drop_tensors(outputs))
    }

    fn submit_chunks<O: Outputs + ?Sized>(
        &mut self,
        inputs: RunInputs<'_>,
        frames: usize,
        outputs: &mut O,
        on: &Stream,
    ) -> Result<Submitted, PipelineError> {
        let capacity = self.current().plan().capacity() as usize;
        if frames > capacity {
            self.statistics.chunked_runs += 1;
        }
        let first = self.submit_chunk(inputs, 0..frames.min(capacity), outputs, on)?;
        let mut rest = Vec::new();
        for start in (capacity..frames).step_by(capacity) {
            let frames = start..frames.min(start + capacity);
            let batch = self.submit_chunk(inputs, frames, outputs, on);
            // The batches before it have no one else to wait for them.
            rest.push(batch.inspect_err(|_| drop(self.finish_all()))?);
        }
        let watcher = Arc::clone(&self.watcher);
        Ok(Submitted {
            first,
            rest,
            watcher,
        })
    }

    fn submit_chunk<O: Outputs + ?Sized>(
        &mut self,
        inputs: RunInputs<'_>,
        frames: Range<usize>,
        outputs: &mut O,
        on: &Stream,
    ) -> Result<Arc<InFlight>, PipelineError> {
        self.make_way()?;
        let chunk = self.chunk(inputs, frames);
        let place = self.staging_place(inputs);
        let behind = self.enqueue(inputs, &chunk, outputs, on, place)?;
        self.has_submitted = true;
        self.statistics.batches += 1;
        self.statistics.frames += chunk.frames.len() as u64;
        if let Err(error) = behind {
            self.finish_all()?;
            return Err(error);
        }
        let newest = self.streams.newest();
        Ok(Arc::clone(newest.expect("it was submitted above")))
    }

    /// The staging memory for a batch. The batch that had it before is complete, since no more are in flight than there are
    /// places, and the oldest one is finished first.
    fn staging_place(&mut self, inputs: RunInputs<'_>) -> StagingOf {
        let bound = inputs.bound;
        // Tables of descriptors are in ordinary memory.
        if bound.iter().all(|input| input.device().is_some()) {
            return StagingOf::Lane;
        }
        let batch = self.statistics.batches;
        let places = self.streams.most_in_flight();
        if self.in_flight_staging.is_empty() {
            let inputs = bound.len();
            self.in_flight_staging
                .resize_with(places, || Staging::new(inputs, 0));
        }
        StagingOf::InFlight((batch % places as u64) as usize)
    }

    /// Finishes the older half of the batches in flight where they are complete, once half of those are in flight that may be:
    /// one question to the device for several batches, and no wait.
    fn finish_complete(&mut self) -> Result<(), PipelineError> {
        let in_flight = self.streams.in_flight();
        if in_flight == 0 || 2 * in_flight < self.streams.most_in_flight() {
            return Ok(());
        }
        let older = in_flight.div_ceil(2);
        if self.streams.are_complete(older)? {
            for _ in 0..older {
                self.finish_oldest()?;
            }
        }
        Ok(())
    }

    /// Allocates the tensors that are asked for, in the order of `on`; of the lane's own main stream where there is none, and where
    /// `on` is that of one thread, since a tensor may be dropped on any. `shape` gives the shapes of nodes.
    pub(crate) fn allocate_tensors<O: Outputs + ?Sized>(
        &mut self,
        pipeline: &Pipeline,
        shape: &dyn Fn(usize) -> ImageShape,
        frames: usize,
        outputs: &mut O,
        on: Option<&Stream>,
    ) -> Result<(), PipelineError> {
        let on = on.filter(|on| !on.is_of_one_thread());
        let home = on.unwrap_or(self.streams.main()).clone();
        for index in 0..outputs.count() {
            if let Output::Tensor(place) = outputs.output(index) {
                let node = pipeline.output_nodes()[index];
                let shape = shape(node);
                match self
                    .memory
                    .allocate(shape.bytes().saturating_mul(frames), &home)
                {
                    Ok(buffer) => {
                        let layout = BatchLayout::tight(shape, frames);
                        *place = Some(DeviceTensor::new(buffer, layout, &self.memory)?);
                    }
                    Err(error) => {
                        let error = PipelineError::Memory {
                            owner: pipeline.owner(Source::Node(node)),
                            purpose: format!("a tensor of {frames} image(s) of {shape}"),
                            source: error,
                        };
                        drop_tensors(outputs);
                        return Err(error);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Drops the tensors of a batch that was not submitted.
pub(crate) fn drop_tensors<O: Outputs + ?Sized>(outputs: &mut O) {
    for index in 0..outputs.count() {
        if let Output::Tensor(place) = outputs.output(index) {
            *place = None;
        }
    }
}
