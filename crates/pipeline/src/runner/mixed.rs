//! Batches of images of several sizes, and of effects that differ from image to image.

use crate::error::PipelineError;
use crate::inputs::Input;
use crate::lane::Lane;
use crate::lane::staging::tables::TableInputs;
use crate::lane::submit::Submitted;
use crate::mixed::values::{BatchImages, BatchParameters};
use crate::mixed::{MixedBatch, Way, grouped};
use crate::outputs::{Output, Outputs};
use crate::pending::Pending;
use crate::plan::mixed::MixedPlan;
use crate::results::{BatchOutputs, Execution};
use crate::runner::Runner;
use pixelflume_device::Stream;

impl Runner {
    /// Executes the pipeline like [`Runner::run_into`], with values and numbers for each image of the batch.
    ///
    /// # Errors
    /// As for [`Runner::execute`]; and [`PipelineError::ImageValues`] where `parameters` are for another pipeline or another
    /// number of frames.
    pub fn run_with(
        &mut self,
        inputs: &[Input<'_>],
        parameters: &BatchParameters<'_>,
        outputs: &mut BatchOutputs,
    ) -> Result<(), PipelineError> {
        outputs.prepare(self.pipeline());
        let execution = self.execute_batch(inputs, outputs, Some(parameters))?;
        outputs.take_failures(&execution);
        Ok(())
    }

    /// Executes the pipeline like [`Runner::execute`], with values and numbers for each image of the batch.
    ///
    /// # Errors
    /// As for [`Runner::run_with`].
    pub fn execute_with(
        &mut self,
        inputs: &[Input<'_>],
        parameters: &BatchParameters<'_>,
        outputs: &mut [Output<'_>],
    ) -> Result<Execution, PipelineError> {
        self.execute_batch(inputs, outputs, Some(parameters))
    }

    /// Submits a batch like [`Runner::submit`], with values and numbers for each image of the batch.
    ///
    /// # Errors
    /// As for [`Runner::submit`] and [`Runner::run_with`].
    pub fn submit_with(
        &mut self,
        inputs: &[Input<'_>],
        parameters: &BatchParameters<'_>,
        outputs: &mut [Output<'_>],
        on: &Stream,
    ) -> Result<Pending, PipelineError> {
        self.submit_batch(inputs, outputs, on, Some(parameters))
    }

    /// The number that the first image of the next batch has in its data set, where the batch is given none: one more than the last
    /// image before it; 0 for the first.
    pub fn index(&self) -> u64 {
        self.next_image
    }

    /// Sets the number of the next image, as at the start of a pass over the data set.
    pub fn set_index(&mut self, index: u64) {
        self.next_image = index;
    }

    /// The number of the pass over the data set, 0 at first.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Sets the number of the pass over the data set: random operators draw other values for the same image.
    pub fn set_epoch(&mut self, epoch: u64) {
        self.epoch = epoch;
    }

    /// The images of the next batch.
    pub(super) fn images<'a>(
        &self,
        frames: usize,
        parameters: Option<&'a BatchParameters<'a>>,
    ) -> Result<BatchImages<'a>, PipelineError> {
        if let Some(parameters) = parameters {
            parameters.check(&self.pipeline, frames)?;
        }
        Ok(BatchImages::new(parameters, self.next_image, self.epoch))
    }

    /// Counts on from the images of a batch that was executed or submitted.
    pub(super) fn count_images(&mut self, next: Option<u64>) {
        if let Some(next) = next {
            self.next_image = next;
        }
    }

    pub(super) fn execute_mixed<O: Outputs + ?Sized>(
        &mut self,
        inputs: &[Input<'_>],
        frames: usize,
        images: BatchImages<'_>,
        outputs: &mut O,
    ) -> Result<Execution, PipelineError> {
        let pipeline = self.pipeline.clone();
        let batch = MixedBatch {
            pipeline: &pipeline,
            given: inputs,
            frames,
            images,
        };
        match self.prepare(batch)? {
            Way::Chains(plan) => self.mixed.run(&plan, batch, |lane, inputs| {
                lane.execute(inputs, frames, outputs)
            }),
            Way::Grouped => {
                let most = self.config.max_batch;
                self.in_groups(|lane| grouped::execute(lane, batch, &mut outputs.all(), most))
            }
        }
    }

    pub(super) fn submit_mixed(
        &mut self,
        inputs: &[Input<'_>],
        frames: usize,
        images: BatchImages<'_>,
        outputs: &mut [Output<'_>],
        on: &Stream,
    ) -> Result<Submitted, PipelineError> {
        let pipeline = self.pipeline.clone();
        let batch = MixedBatch {
            pipeline: &pipeline,
            given: inputs,
            frames,
            images,
        };
        match self.prepare(batch)? {
            Way::Chains(plan) => self.mixed.run(&plan, batch, |lane, inputs| {
                lane.submit(inputs, frames, outputs, on)
            }),
            Way::Grouped => {
                let most = self.config.max_batch;
                self.in_groups(|lane| grouped::submit(lane, batch, outputs, on, most))
            }
        }
    }

    /// Finds the way for a batch, at the cost of what is kept where memory is short.
    fn prepare(&mut self, batch: MixedBatch<'_>) -> Result<Way, PipelineError> {
        check_lists(batch)?;
        let way = match self.try_prepare(batch) {
            Err(error) if error.is_shortage() && self.give_back() => {
                tracing::info!("dropped what was kept to make room for a mixed batch: {error}");
                self.try_prepare(batch)
            }
            way => way,
        }?;
        self.number_batches();
        Ok(way)
    }

    fn try_prepare(&mut self, batch: MixedBatch<'_>) -> Result<Way, PipelineError> {
        let (memory, config) = (self.lane.memory(), &self.config);
        let (on_failure, trace) = (&self.lane.on_failure, &self.trace);
        let new_lane = |plan: &MixedPlan| {
            let lane = Lane::new(&plan.pipeline, memory, config, config.plan_cache)?;
            let tables = TableInputs::new(&plan.sources, config.copied_tables);
            let mut lane = lane.with_tables(tables, config)?;
            lane.on_failure.clone_from(on_failure);
            lane.set_trace(trace.clone());
            Ok(lane)
        };
        self.mixed.prepare(batch, memory, config, new_lane)
    }

    /// Executes in groups, at the cost of what is kept where memory is short.
    fn in_groups<R>(
        &mut self,
        mut act: impl FnMut(&mut Lane) -> Result<R, PipelineError>,
    ) -> Result<R, PipelineError> {
        match act(&mut self.lane) {
            Err(error) if error.is_shortage() && self.give_back() => {
                tracing::info!("dropped what was kept to make room for a new plan: {error}");
                act(&mut self.lane)
            }
            done => done,
        }
    }

    /// Numbers the next batches of every lane behind those of all lanes.
    pub(super) fn number_batches(&mut self) {
        let all = self.statistics().batches;
        for lane in self.mixed.lanes.iter_mut().chain([&mut *self.lane]) {
            lane.first_batch = all - lane.statistics.batches;
        }
    }
}

/// Checks that each entry of a list is one image.
fn check_lists(batch: MixedBatch<'_>) -> Result<(), PipelineError> {
    for (name, input) in batch.pipeline.inputs().zip(batch.given) {
        let Input::DeviceList(images) = input else {
            continue;
        };
        for (frame, images) in images.iter().enumerate() {
            let got = images.layout().batch();
            if got != 1 {
                return Err(PipelineError::ListedBatch {
                    input: name.to_owned(),
                    frame,
                    got,
                });
            }
        }
    }
    Ok(())
}
