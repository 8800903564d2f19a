//! Submitting a batch without waiting for its results.

use crate::error::PipelineError;
use crate::image::layout::BatchLayout;
use crate::image::tensor::DeviceTensor;
use crate::inputs::Input;
use crate::lane::Lane;
use crate::lane::checks::{check, check_captures, check_overlaps, check_owners, check_stream};
use crate::lane::enqueue::StagingOf;
use crate::lane::in_flight::InFlight;
use crate::lane::staging::{Chunk, Staging};
use crate::lane::watcher::Watcher;
use crate::outputs::{Output, Outputs};
use crate::pipeline::node::Source;
use pixelflume_device::Stream;
use pixelflume_scheduler::SchedulerError;
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
        inputs: &[Input<'_>],
        frames: usize,
        outputs: &mut O,
        on: &Stream,
    ) -> Result<Submitted, PipelineError> {
        let start = Instant::now();
        self.device().check_process()?;
        let plan = self.current().plan();
        check_stream(self.device(), on)?;
        check(plan, self.device(), inputs, frames, outputs)?;
        check_owners(plan, inputs, outputs)?;
        check_overlaps(plan, inputs, outputs)?;
        check_captures(Some(on), inputs, outputs)?;
        self.finish_complete()?;
        self.allocate_tensors(frames, outputs, on)?;
        let submitted = self.submit_chunks(inputs, frames, outputs, on);
        self.statistics.submit_time += start.elapsed();
        submitted.inspect_err(|_| drop_tensors(outputs))
    }

    fn submit_chunks<O: Outputs + ?Sized>(
        &mut self,
        inputs: &[Input<'_>],
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
        inputs: &[Input<'_>],
        frames: std::ops::Range<usize>,
        outputs: &mut O,
        on: &Stream,
    ) -> Result<Arc<InFlight>, PipelineError> {
        while let Err(error) = self.streams.check_idle() {
            match error {
                SchedulerError::RunInFlight { .. } => self.finish_oldest()?,
                error => return Err(error.into()),
            };
        }
        let batch = self.statistics.batches;
        let chunk = Chunk { batch, frames };
        let place = self.staging_place(inputs, batch);
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
    fn staging_place(&mut self, inputs: &[Input<'_>], batch: u64) -> StagingOf {
        if inputs.iter().all(|input| input.device().is_some()) {
            return StagingOf::Lane;
        }
        let places = self.streams.most_in_flight();
        if self.in_flight_staging.is_empty() {
            let inputs = inputs.len();
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

    /// Allocates the tensors that are asked for, in the order of `on`; of the lane's own main stream where `on` is that of one
    /// thread, since a tensor may be dropped on any.
    pub(super) fn allocate_tensors<O: Outputs + ?Sized>(
        &mut self,
        frames: usize,
        outputs: &mut O,
        on: &Stream,
    ) -> Result<(), PipelineError> {
        let home = match on.is_of_one_thread() {
            true => self.streams.main().clone(),
            false => on.clone(),
        };
        for index in 0..outputs.count() {
            if let Output::Tensor(place) = outputs.output(index) {
                let plan = self.current().plan();
                let source = Source::Node(plan.pipeline().output_nodes()[index]);
                let shape = plan.shapes().of(source);
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
                            owner: plan.pipeline().owner(source),
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
pub(super) fn drop_tensors<O: Outputs + ?Sized>(outputs: &mut O) {
    for index in 0..outputs.count() {
        if let Output::Tensor(place) = outputs.output(index) {
            *place = None;
        }
    }
}
