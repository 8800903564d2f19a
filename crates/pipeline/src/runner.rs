//! A pipeline on a device, executed batch by batch for images of any shapes.

#[cfg(feature = "codec")]
pub(crate) mod encoded;
mod mixed;

use crate::config::{ExecutionConfig, ExecutionStatistics};
#[cfg(feature = "codec")]
use crate::decoding::ImageDecoder;
#[cfg(feature = "codec")]
use crate::encoded::has_files;
use crate::error::PipelineError;
use crate::inputs::Input;
use crate::lane::Lane;
use crate::lane::failures::FailureCallback;
use crate::lane::handle::LaneHandle;
use crate::mixed::MixedRuns;
use crate::mixed::values::BatchParameters;
use crate::outputs::{Output, Outputs};
use crate::pending::Pending;
use crate::pipeline::Pipeline;
use crate::results::{BatchOutputs, Execution, NodeFailure, SpareOutputs};
use pixelflume_device::{Device, Stream};
use pixelflume_memory::MemoryManager;
use pixelflume_ops::image::owned::Image;
use pixelflume_ops::spec::Value;
use pixelflume_ops::{ImageShape, Operator};
use pixelflume_scheduler::{ReplayStatistics, Schedule};
use std::fmt;
use std::sync::Arc;

/// A pipeline on a device that takes images of any shapes.
///
/// Each node runs once per batch. The runner keeps plans and memory for the shapes that were used last, so that a run of a
/// known shape compiles nothing and allocates nothing on the device.
///
/// The images of one batch may have several sizes. Where all that depends on the size is a *mixed chain* (from an input on: colors,
/// crops, flips, resizes, pads, normalization, to an output of one shape), a chain is one launch for all images, and one plan serves
/// all sizes. Otherwise images of one shape are executed together, by a plan for that shape; [`Pipeline::describe`] tells the
/// reason. The results are those of running the images one by one, bit for bit.
///
/// ```
/// use pixelflume_device::Device;
/// use pixelflume_pipeline::{Image, Pipeline, Runner, ExecutionConfig};
///
/// let text = "[[node]]\nname = \"edges\"\nop = \"sobel\"\nfrom = \"input\"\n";
/// let pipeline = Pipeline::from_toml(text, "edges.toml")?;
/// let mut runner = Runner::new(pipeline, &Device::host(), ExecutionConfig::default())?;
///
/// let step = Image::from_fn(4, 3, 1, |x, _, _| if x < 2 { 0 } else { 10 })?;
/// let outputs = runner.run(&[&step])?;
/// let edges = outputs.images("edges")?;
/// assert_eq!(edges[0].data()[..4], [0, 40, 40, 0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Runner {
    pipeline: Pipeline,
    config: ExecutionConfig,
    /// The lane, with one plan for each set of input shapes.
    lane: LaneHandle,
    /// What batches of images of several sizes need.
    mixed: MixedRuns,
    /// The number of the next image, and of the pass over the data set, for random operators.
    next_image: u64,
    epoch: u64,
    trace: Option<pixelflume_scheduler::Trace>,
    /// The shapes of the current run's inputs; kept, so that a run needs no new list.
    shapes: Vec<ImageShape>,
    /// The memory of results that were dropped.
    spare: SpareOutputs,
    #[cfg(feature = "codec")]
    files: ImageDecoder,
}

impl Runner {
    /// Makes a runner with memory and streams of its own.
    ///
    /// # Errors
    /// A setting is out of range, or the device gives no stream.
    pub fn new(
        pipeline: Pipeline,
        device: &Device,
        config: ExecutionConfig,
    ) -> Result<Self, PipelineError> {
        let memory = MemoryManager::new(device, config.memory());
        Runner::with_memory(pipeline, &memory, config)
    }

    /// Makes a runner on the device of `memory`, which is shared with others; the settings of memory in `config` are not
    /// used.
    ///
    /// # Errors
    /// The same as for [`Runner::new`].
    pub fn with_memory(
        pipeline: Pipeline,
        memory: &MemoryManager,
        config: ExecutionConfig,
    ) -> Result<Self, PipelineError> {
        let lane = Lane::new(&pipeline, memory, &config, config.plan_cache)?;
        Ok(Runner {
            lane: LaneHandle::new(lane),
            mixed: MixedRuns::default(),
            next_image: 0,
            epoch: 0,
            trace: None,
            shapes: Vec::new(),
            spare: SpareOutputs::default(),
            #[cfg(feature = "codec")]
            files: ImageDecoder::new(memory, *pipeline.decode_options()),
            pipeline,
            config,
        })
    }

    /// The pipeline, with its present parameters.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The device that executes the pipeline.
    pub fn device(&self) -> &Device {
        self.lane.device()
    }

    /// The memory manager, from which buffers for inputs and outputs can be allocated too.
    pub fn memory(&self) -> &MemoryManager {
        self.lane.memory()
    }

    /// The settings that the runner was made with.
    pub fn config(&self) -> &ExecutionConfig {
        &self.config
    }

    /// The distribution of the nodes over streams.
    pub fn schedule(&self) -> &Schedule {
        self.lane.schedule()
    }

    /// The shapes of the inputs of the last run, for [`Pipeline::describe`]: of one of its images where they have several sizes. Empty
    /// before the first run.
    pub fn last_shapes(&self) -> &[ImageShape] {
        &self.shapes
    }

    /// Counters since the runner was made.
    pub fn statistics(&self) -> ExecutionStatistics {
        let (mut all, _) = self.mixed.lanes.statistics();
        all += self.lane.statistics;
        all
    }

    /// Counts of direct executions, and of replays by the step that was needed.
    pub fn replay_statistics(&self) -> ReplayStatistics {
        let (_, mut all) = self.mixed.lanes.statistics();
        all += self.lane.replay_statistics();
        all
    }

    /// Sets a callback for nodes that fail while they run, in place of an earlier callback. The thread that executes calls
    /// it once per batch and failed node, in the order of submission, before the execution returns.
    ///
    /// Skipped nodes (a node before them failed) did not fail. The callback must not block, since nothing else goes on
    /// meanwhile. A panic in it is logged and changes nothing. It costs nothing where no node fails.
    pub fn on_failure(&mut self, callback: impl Fn(&NodeFailure) + Send + Sync + 'static) {
        let callback: FailureCallback = Arc::new(callback);
        for lane in self.mixed.lanes.iter_mut() {
            lane.on_failure = Some(Arc::clone(&callback));
        }
        self.lane.on_failure = Some(callback);
    }

    /// Records the next executions in `trace`; `None` stops recording.
    pub fn set_trace(&mut self, trace: Option<pixelflume_scheduler::Trace>) {
        self.mixed.lanes.set_trace(trace.as_ref());
        self.lane.set_trace(trace.clone());
        self.trace = trace;
    }

    /// Executes a pipeline of one input over images, and gives the images of its outputs. The images may have several sizes (see
    /// [`Runner`]). More frames than the largest batch are executed in chunks. When the results are dropped, their memory is kept for a later call, of one
    /// set of results.
    ///
    /// # Errors
    /// The same as for [`Runner::execute`].
    pub fn run(&mut self, frames: &[&Image]) -> Result<BatchOutputs, PipelineError> {
        let mut outputs = self.spare.take();
        self.run_into(&[Input::Images(frames)], &mut outputs)?;
        Ok(outputs)
    }

    /// Executes the pipeline over images for each of its inputs, in the order of [`Pipeline::inputs`], and gives the images
    /// of its outputs. All inputs have the same number of images; the images of an input may have several sizes. Images of the
    /// same index belong together.
    ///
    /// # Errors
    /// The same as for [`Runner::execute`].
    pub fn run_inputs(&mut self, inputs: &[&[&Image]]) -> Result<BatchOutputs, PipelineError> {
        let inputs: Vec<Input<'_>> = inputs.iter().map(|frames| Input::Images(frames)).collect();
        let mut outputs = self.spare.take();
        self.run_into(&inputs, &mut outputs)?;
        Ok(outputs)
    }

    /// Executes the pipeline, with the results as images by name. The memory of earlier results in `outputs` is reused: from
    /// the third run of a shape on nothing is allocated, neither on the device nor on the heap, as long as batches do not
    /// grow. (A worker of the host device gets scratch memory the first time that it takes a strip of an operator, which may
    /// be later.)
    ///
    /// # Errors
    /// The same as for [`Runner::execute`].
    pub fn run_into(
        &mut self,
        inputs: &[Input<'_>],
        outputs: &mut BatchOutputs,
    ) -> Result<(), PipelineError> {
        outputs.prepare(&self.pipeline);
        let execution = self.execute_into(inputs, outputs)?;
        outputs.take_failures(&execution);
        Ok(())
    }

    /// Executes the pipeline over frames in ordinary or device memory, and puts the results into the given places; see
    /// [`CompiledPipeline::execute`](crate::CompiledPipeline::execute). Compiles a plan for shapes that no kept plan has.
    ///
    /// A node that fails while it runs is no error of the execution: the outputs that depend on the node carry the failure,
    /// the others their images.
    ///
    /// # Errors
    /// Before anything runs: inputs or frames are missing, or a node cannot take a frame; places for outputs are missing or do not
    /// fit, or a place in one piece is for images of several shapes. While running: there is not enough memory, or the device fails as a
    /// whole.
    pub fn execute(
        &mut self,
        inputs: &[Input<'_>],
        outputs: &mut [Output<'_>],
    ) -> Result<Execution, PipelineError> {
        self.execute_into(inputs, outputs)
    }

    /// Submits a batch as [`Runner::execute`] executes it, and waits for nothing; see
    /// [`CompiledPipeline::submit`](crate::CompiledPipeline::submit). Where a plan has to be compiled for new shapes at the cost
    /// of a kept one, the batches in flight are waited for.
    ///
    /// # Errors
    /// As for [`Runner::execute`], before anything is submitted. Failures of nodes arrive at the [`Pending`].
    pub fn submit(
        &mut self,
        inputs: &[Input<'_>],
        outputs: &mut [Output<'_>],
        on: &Stream,
    ) -> Result<Pending, PipelineError> {
        self.submit_batch(inputs, outputs, on, None)
    }

    fn execute_into<O: Outputs + ?Sized>(
        &mut self,
        inputs: &[Input<'_>],
        outputs: &mut O,
    ) -> Result<Execution, PipelineError> {
        self.execute_batch(inputs, outputs, None)
    }

    fn execute_batch<O: Outputs + ?Sized>(
        &mut self,
        inputs: &[Input<'_>],
        outputs: &mut O,
        parameters: Option<&BatchParameters<'_>>,
    ) -> Result<Execution, PipelineError> {
        #[cfg(feature = "codec")]
        if has_files(inputs) {
            return self.with_decoded(inputs, |runner, inputs| {
                runner.execute_batch(inputs, outputs, parameters)
            })?;
        }
        let noted = self.note_shapes(inputs)?;
        let images = self.images(noted.frames, parameters)?;
        self.finish_all()?;
        let execution = match noted.is_one_batch && !self.pipeline.is_per_image() {
            true => {
                self.select_plan(noted.frames)?;
                self.lane.execute(inputs.into(), noted.frames, outputs)?
            }
            false => self.execute_mixed(inputs, noted.frames, images, outputs)?,
        };
        self.count_images(images.next(noted.frames));
        Ok(execution)
    }

    fn submit_batch(
        &mut self,
        inputs: &[Input<'_>],
        outputs: &mut [Output<'_>],
        on: &Stream,
        parameters: Option<&BatchParameters<'_>>,
    ) -> Result<Pending, PipelineError> {
        #[cfg(feature = "codec")]
        if has_files(inputs) {
            return self.with_decoded(inputs, |runner, inputs| {
                runner.submit_batch(inputs, outputs, on, parameters)
            })?;
        }
        let noted = self.note_shapes(inputs)?;
        let images = self.images(noted.frames, parameters)?;
        let submitted = match noted.is_one_batch && !self.pipeline.is_per_image() {
            true => {
                self.select_plan(noted.frames)?;
                self.lane.submit(inputs.into(), noted.frames, outputs, on)?
            }
            false => self.submit_mixed(inputs, noted.frames, images, outputs, on)?,
        };
        self.count_images(images.next(noted.frames));
        Ok(Pending::new(submitted, noted.frames, outputs.len()))
    }

    /// Notes the shapes of the first frames of all inputs; gives the number of frames, and whether all have these shapes and are
    /// in batches.
    fn note_shapes(&mut self, inputs: &[Input<'_>]) -> Result<Noted, PipelineError> {
        self.shapes.clear();
        let frames = self.pipeline.check_counts(inputs)?;
        let mut is_one_batch = true;
        for input in inputs {
            self.shapes.push(input.first_shape()?);
            let is_list = matches!(input, Input::DeviceList(_));
            is_one_batch &= !is_list && input.other_shape().is_none();
        }
        Ok(Noted {
            frames,
            is_one_batch,
        })
    }

    /// Gives a parameter of a node another value, from the next run on. Plans whose shapes and fused chains stay the same
    /// keep their memory and everything but the launches of that node.
    ///
    /// # Errors
    /// As for [`Pipeline::with_parameter`]. Whether other nodes can take the result depends on the shapes of the next run,
    /// which says so.
    pub fn set_parameter(
        &mut self,
        node: &str,
        name: &str,
        value: impl Into<Value>,
    ) -> Result<(), PipelineError> {
        self.set_parameters(node, [(name, value.into())])
    }

    /// Gives several parameters of a node other values at once; see [`Runner::set_parameter`].
    ///
    /// # Errors
    /// As for [`Runner::set_parameter`].
    pub fn set_parameters<'n>(
        &mut self,
        node: &str,
        values: impl IntoIterator<Item = (&'n str, Value)>,
    ) -> Result<(), PipelineError> {
        self.pipeline = self.pipeline.with_parameters(node, values)?;
        Ok(())
    }

    /// Replaces the operator of a node by one of the same kind, from the next run on; see [`Runner::set_parameter`].
    ///
    /// # Errors
    /// There is no such node, or [`PipelineError::OtherKind`].
    pub fn set_operator(
        &mut self,
        node: &str,
        operator: impl Operator + 'static,
    ) -> Result<(), PipelineError> {
        self.pipeline = self.pipeline.with_operator(node, operator)?;
        Ok(())
    }

    /// Makes the plan for the noted shapes the current one, at the cost of what is kept where memory is short.
    fn select_plan(&mut self, frames: usize) -> Result<(), PipelineError> {
        self.number_batches();
        let most = self.config.max_batch;
        let (pipeline, shapes) = (&self.pipeline, &self.shapes);
        match self.lane.select(pipeline, shapes, frames, most) {
            Err(error) if error.is_shortage() => {
                if !self.give_back() {
                    return Err(error);
                }
                tracing::info!("dropped what was kept to make room for a new plan: {error}");
                let (pipeline, shapes) = (&self.pipeline, &self.shapes);
                self.lane.select(pipeline, shapes, frames, most)
            }
            selected => selected,
        }
    }

    /// Gives back all memory that is kept for later runs; returns whether there was any.
    fn give_back(&mut self) -> bool {
        self.mixed.lanes.give_back() | self.lane.give_back() | self.spare.clear()
    }

    /// Waits for all batches in flight.
    fn finish_all(&mut self) -> Result<(), PipelineError> {
        self.mixed.lanes.finish_all()?;
        self.lane.finish_all()
    }
}

/// What the frames of a batch are.
struct Noted {
    frames: usize,
    /// Whether each input's frames have one shape, and are no list of images with memory of their own.
    is_one_batch: bool,
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("pipeline", &self.pipeline.name())
            .field("device", &self.device().name())
            .field("config", &self.config)
            .field("statistics", &self.statistics())
            .finish_non_exhaustive()
    }
}
