//! A pipeline compiled for one set of shapes, to be executed on its own.

use crate::config::{ExecutionConfig, ExecutionStatistics};
use crate::error::PipelineError;
use crate::image::device::{DeviceImages, DeviceImagesMut};
use crate::inputs::Input;
use crate::lane::Lane;
use crate::lane::handle::LaneHandle;
use crate::outputs::{Output, Outputs};
use crate::pending::Pending;
use crate::pipeline::Pipeline;
use crate::pipeline::node::Shapes;
use crate::plan::arena::ArenaPlan;
use crate::results::{BatchOutputs, Execution, NodeFailure, SpareOutputs};
use pixelflume_device::{Device, Launch, Stream};
use pixelflume_memory::MemoryManager;
use pixelflume_ops::image::owned::Image;
use pixelflume_ops::spec::Value;
use pixelflume_ops::{ImageShape, Operator};
use pixelflume_scheduler::{ReplayStatistics, Schedule};
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// A [`Pipeline`] compiled for input shapes, a device and a largest batch: operator plans and tables, one arena of memory,
/// and the complete launches of every node. An execution looks nothing up, and from the third one on allocates nothing,
/// neither on the device nor on the heap, as long as batches do not grow and the places for outputs are reused.
///
/// Each node runs once per batch, whatever the number of frames. For images of several shapes there is the
/// [`Runner`](crate::Runner), for several batches in flight the [`Engine`](crate::Engine).
///
/// ```
/// use pixelflume_device::Device;
/// use pixelflume_ops::{GaussianBlur, ImageShape};
/// use pixelflume_pipeline::{BatchLayout, BatchView, ExecutionConfig, Input, Output, PipelineBuilder};
///
/// let mut builder = PipelineBuilder::new("smooth");
/// let input = builder.input("input")?;
/// builder.then(input, "smooth", GaussianBlur::new(3)?)?;
/// let shape = ImageShape::u8(4, 1, 1);
/// let mut smooth = builder.build()?.compile(&Device::host(), &[shape], ExecutionConfig::default())?;
///
/// // Two frames in one slice, with rows of 6 bytes.
/// let frames = [0, 0, 64, 0, 9, 9, 64, 0, 0, 64, 9, 9];
/// let batch = BatchView::new(BatchLayout::tight(shape, 2).with_row_pitch(6), &frames)?;
/// let mut images = Vec::new();
/// smooth.execute(&[Input::Batch(batch)], &mut [Output::Images(&mut images)])?.into_result()?;
/// assert_eq!(images[0].data(), [0, 16, 32, 32]);
///
/// // Another sigma from the next execution on.
/// smooth.set_parameter("smooth", "sigma", 0.1)?;
/// smooth.execute(&[Input::Batch(batch)], &mut [Output::Images(&mut images)])?.into_result()?;
/// assert_eq!(images[1].data(), [64, 0, 0, 64]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CompiledPipeline {
    /// The lane, which always has one plan.
    lane: LaneHandle,
    /// The memory of results that were dropped.
    spare: SpareOutputs,
}

impl Pipeline {
    /// Compiles the pipeline for inputs of these shapes on a device, with memory and streams of its own. The settings give
    /// the number of streams, the largest batch, and how memory is allocated.
    ///
    /// # Errors
    /// A node cannot take its inputs, a setting is out of range, the device refuses a kernel, or there is not enough
    /// memory.
    pub fn compile(
        &self,
        device: &Device,
        inputs: &[ImageShape],
        config: ExecutionConfig,
    ) -> Result<CompiledPipeline, PipelineError> {
        let memory = MemoryManager::new(device, config.memory());
        self.compile_with(&memory, inputs, config)
    }

    /// Compiles the pipeline for the device of `memory`, which is shared with others; the settings of memory in `config`
    /// are not used.
    ///
    /// # Errors
    /// The same as for [`Pipeline::compile`].
    pub fn compile_with(
        &self,
        memory: &MemoryManager,
        inputs: &[ImageShape],
        config: ExecutionConfig,
    ) -> Result<CompiledPipeline, PipelineError> {
        let start = Instant::now();
        self.check_uniform()?;
        let mut lane = Lane::new(self, memory, &config, 1)?;
        let plan = lane.plan(self, self.plan_operators(inputs)?, config.max_batch)?;
        lane.insert(lane.bind(plan)?);
        lane.statistics.compile_time = start.elapsed();
        Ok(CompiledPipeline {
            lane: LaneHandle::new(lane),
            spare: SpareOutputs::default(),
        })
    }
}

impl CompiledPipeline {
    /// The pipeline, with its present parameters.
    pub fn pipeline(&self) -> &Pipeline {
        self.lane.current().plan().pipeline()
    }

    /// The device that executes the pipeline.
    pub fn device(&self) -> &Device {
        self.lane.device()
    }

    /// The memory manager, from which buffers for inputs and outputs can be allocated too.
    pub fn memory(&self) -> &MemoryManager {
        self.lane.memory()
    }

    /// The shapes of the images of all inputs and nodes.
    pub fn shapes(&self) -> &Shapes {
        self.lane.current().plan().shapes()
    }

    /// The most frames of one batch; more frames are executed in chunks of this size.
    pub fn capacity(&self) -> u32 {
        self.lane.current().plan().capacity()
    }

    /// The places of all images in the arena.
    pub fn arena(&self) -> &ArenaPlan {
        self.lane.current().plan().arena()
    }

    /// The distribution of the nodes over streams.
    pub fn schedule(&self) -> &Schedule {
        self.lane.schedule()
    }

    /// The number of launches of the last batch, of all nodes together; 0 before the first batch.
    pub fn launches_per_batch(&self) -> usize {
        self.lane.current().launch_count()
    }

    /// Counters since it was compiled.
    pub fn statistics(&self) -> ExecutionStatistics {
        self.lane.statistics
    }

    /// Counts of direct executions, and of replays by the step that was needed.
    pub fn replay_statistics(&self) -> ReplayStatistics {
        self.lane.replay_statistics()
    }

    /// Sets a callback for nodes that fail while they run, in place of an earlier callback. The thread that executes calls
    /// it once per batch and failed node, in the order of submission, before the execution returns.
    ///
    /// Skipped nodes (a node before them failed) did not fail. The callback must not block, since nothing else goes on
    /// meanwhile. A panic in it is logged and changes nothing. It costs nothing where no node fails.
    pub fn on_failure(&mut self, callback: impl Fn(&NodeFailure) + Send + Sync + 'static) {
        self.lane.on_failure = Some(Arc::new(callback));
    }

    /// Records the next executions in `trace`; `None` stops recording.
    pub fn set_trace(&mut self, trace: Option<pixelflume_scheduler::Trace>) {
        self.lane.set_trace(trace);
    }

    /// Executes the pipeline over the frames of each input, in the order of [`Pipeline::inputs`], and puts the results into
    /// the places for its outputs, in the order of [`Pipeline::outputs`]. All inputs have the same number of frames; frames
    /// of the same index belong together. Returns when the results are complete.
    ///
    /// Frames in device memory are read in place, and results are written in place. A node that fails while it runs is no
    /// error of the execution: [`Execution::failure`] gives the failure for each output that depends on the node.
    ///
    /// # Errors
    /// Before anything runs: inputs or places are missing or have other shapes or numbers of frames, or device memory
    /// cannot be used. While running: there is not enough memory, or the device fails as a whole.
    pub fn execute(
        &mut self,
        inputs: &[Input<'_>],
        outputs: &mut [Output<'_>],
    ) -> Result<Execution, PipelineError> {
        self.execute_into(inputs, outputs)
    }

    /// Submits a batch as [`CompiledPipeline::execute`] executes it, and waits for nothing: the batch comes behind the present
    /// work of `on`, and later work of `on` comes behind the batch, so that the caller may put the next user of the results
    /// there at once. `on` is any stream of this device, also a borrowed one, but none that is capturing.
    ///
    /// Inputs in ordinary memory are copied before the call returns. Device memory is a buffer's of a pool, whose later use
    /// and reuse are ordered behind the batch, or [`BorrowedMemory`](pixelflume_memory::BorrowedMemory), whose owner is kept
    /// until the batch is complete (dropped by a later call, by [`Pending::wait`], or with the compiled pipeline). Results go to
    /// device memory or to [`Output::Tensor`]s. The compiled pipeline may be dropped before the batch is complete.
    ///
    /// Batches are computed in the order of submission. Up to [`ExecutionConfig::in_flight`] batches are in flight, chunks
    /// of a larger batch count one by one; a call beyond that waits for the oldest, as do changes of parameters and
    /// [`CompiledPipeline::execute`] for all. A callback of [`CompiledPipeline::on_failure`] is called by whoever finds the batch
    /// complete.
    ///
    /// ```
    /// use pixelflume_device::Device;
    /// use pixelflume_ops::{ImageShape, Sobel};
    /// use pixelflume_pipeline::{BatchLayout, BatchView, ExecutionConfig, Input, Output, PipelineBuilder};
    ///
    /// let mut builder = PipelineBuilder::new("edges");
    /// let input = builder.input("input")?;
    /// builder.then(input, "edges", Sobel::magnitude())?;
    /// let (device, shape) = (Device::host(), ImageShape::u8(4, 3, 1));
    /// let mut edges = builder.build()?.compile(&device, &[shape], ExecutionConfig::default())?;
    ///
    /// let stream = device.stream()?;
    /// let frame = [0, 0, 10, 10, 0, 0, 10, 10, 0, 0, 10, 10];
    /// let frame = BatchView::new(BatchLayout::tight(shape, 1), &frame)?;
    /// let mut tensor = None;
    /// let pending = edges.submit(&[Input::Batch(frame)], &mut [Output::Tensor(&mut tensor)], &stream)?;
    /// let tensor = tensor.expect("it is there when `submit` returns");
    /// // Work on `tensor.address()` in `stream` may follow here, without a wait.
    /// pending.wait()?.into_result()?;
    /// assert_eq!(tensor.shape(), [1, 3, 4, 1]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As for [`CompiledPipeline::execute`], before anything is submitted; also for a stream of another device, a place in
    /// ordinary memory, and memory that is only borrowed for the call. Failures of nodes arrive at the [`Pending`].
    pub fn submit(
        &mut self,
        inputs: &[Input<'_>],
        outputs: &mut [Output<'_>],
        on: &Stream,
    ) -> Result<Pending, PipelineError> {
        let frames = self.check_frames(inputs)?;
        let submitted = self.lane.submit(inputs.into(), frames, outputs, on)?;
        Ok(Pending::new(submitted, frames, outputs.len()))
    }

    /// Executes a pipeline of one input over images, and gives the images of its outputs. When the results are dropped,
    /// their memory is kept for a later call, of one set of results.
    ///
    /// # Errors
    /// The same as for [`CompiledPipeline::execute`].
    pub fn run(&mut self, frames: &[&Image]) -> Result<BatchOutputs, PipelineError> {
        let mut outputs = self.spare.take();
        self.run_into(&[Input::Images(frames)], &mut outputs)?;
        Ok(outputs)
    }

    /// Executes the pipeline over images for each of its inputs, in the order of [`Pipeline::inputs`], and gives the images
    /// of its outputs.
    ///
    /// # Errors
    /// The same as for [`CompiledPipeline::execute`].
    pub fn run_inputs(&mut self, inputs: &[&[&Image]]) -> Result<BatchOutputs, PipelineError> {
        let inputs: Vec<Input<'_>> = inputs.iter().map(|frames| Input::Images(frames)).collect();
        let mut outputs = self.spare.take();
        self.run_into(&inputs, &mut outputs)?;
        Ok(outputs)
    }

    /// Executes the pipeline as [`CompiledPipeline::execute`] does, with the results as images by name. The memory of
    /// earlier results in `outputs` is reused.
    ///
    /// # Errors
    /// The same as for [`CompiledPipeline::execute`].
    pub fn run_into(
        &mut self,
        inputs: &[Input<'_>],
        outputs: &mut BatchOutputs,
    ) -> Result<(), PipelineError> {
        outputs.prepare(self.pipeline());
        let execution = self.execute_into(inputs, outputs)?;
        outputs.take_failures(&execution);
        Ok(())
    }

    fn execute_into<O: Outputs + ?Sized>(
        &mut self,
        inputs: &[Input<'_>],
        outputs: &mut O,
    ) -> Result<Execution, PipelineError> {
        let frames = self.check_frames(inputs)?;
        self.lane.execute(inputs.into(), frames, outputs)
    }

    /// The launches of a batch in device memory, in an order in which one stream can run them; nothing runs. For timing, and
    /// for graphs that hold more than this pipeline.
    ///
    /// The launches are data: they hold the addresses of the images and of the compiled pipeline's memory, and keep neither
    /// alive. To enqueue them is unsafe: see [`Stream::enqueue`](pixelflume_device::Stream::enqueue). Until they are complete
    /// the caller keeps the compiled pipeline and the images, and neither executes the compiled pipeline nor runs launches for
    /// other images.
    ///
    /// # Errors
    /// The errors of [`CompiledPipeline::execute`] that are found before anything runs; or the batch is larger than
    /// [`CompiledPipeline::capacity`] ([`PipelineError::Setting`]).
    pub fn launches(
        &mut self,
        inputs: &[DeviceImages<'_>],
        outputs: &mut [DeviceImagesMut<'_>],
    ) -> Result<Vec<Launch>, PipelineError> {
        let given: Vec<_> = inputs.iter().copied().map(Input::Device).collect();
        let frames = self.check_frames(&given)?;
        self.lane.launches(frames, inputs, outputs)
    }

    /// Checks that the inputs have the shapes that the pipeline was compiled for; gives the number of frames.
    fn check_frames(&self, inputs: &[Input<'_>]) -> Result<usize, PipelineError> {
        let pipeline = self.pipeline();
        pipeline.check_frames(inputs, |index, got| {
            let expected = self.shapes().inputs[index];
            if got == expected {
                return Ok(());
            }
            let input = pipeline.inputs().nth(index).unwrap_or_default().to_owned();
            Err(PipelineError::PlanShape {
                input,
                expected,
                got,
            })
        })
    }

    /// Gives a parameter of a node another value, from the next execution on. Where all shapes and fused chains stay the
    /// same, memory stays, and only the launches of that node are made anew.
    ///
    /// # Errors
    /// There is no such node, its operator has no such parameter, the value is out of range, or another node cannot take
    /// the result; then nothing changes. Or there is not enough memory for the new shapes.
    pub fn set_parameter(
        &mut self,
        node: &str,
        name: &str,
        value: impl Into<Value>,
    ) -> Result<(), PipelineError> {
        self.set_parameters(node, [(name, value.into())])
    }

    /// Gives several parameters of a node other values at once; see [`CompiledPipeline::set_parameter`].
    ///
    /// # Errors
    /// As for [`CompiledPipeline::set_parameter`].
    pub fn set_parameters<'n>(
        &mut self,
        node: &str,
        values: impl IntoIterator<Item = (&'n str, Value)>,
    ) -> Result<(), PipelineError> {
        let pipeline = self.pipeline().with_parameters(node, values)?;
        self.replace(&pipeline)
    }

    /// Replaces the operator of a node by one of the same kind, from the next execution on; see
    /// [`CompiledPipeline::set_parameter`].
    ///
    /// # Errors
    /// The same as for [`CompiledPipeline::set_parameter`], with [`PipelineError::OtherKind`] for an operator of another
    /// kind.
    pub fn set_operator(
        &mut self,
        node: &str,
        operator: impl Operator + 'static,
    ) -> Result<(), PipelineError> {
        let pipeline = self.pipeline().with_operator(node, operator)?;
        self.replace(&pipeline)
    }

    fn replace(&mut self, pipeline: &Pipeline) -> Result<(), PipelineError> {
        let start = Instant::now();
        pipeline.check_uniform()?;
        self.lane.finish_all()?;
        let operators = pipeline.plan_operators(&self.shapes().inputs)?;
        let updated = operators.shapes == *self.shapes()
            && self.lane.update(pipeline, operators.plans.clone())?;
        if !updated {
            // The old plan goes when the new one has its memory, so that an error changes nothing.
            let plan = self.lane.plan(pipeline, operators, self.capacity())?;
            let plan = self.lane.bind(plan)?;
            if let Some(old) = self.lane.plans.pop() {
                self.lane.release(old);
            }
            self.lane.insert(plan);
        }
        self.lane.statistics.compile_time += start.elapsed();
        Ok(())
    }
}

impl fmt::Debug for CompiledPipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompiledPipeline")
            .field("pipeline", &self.pipeline().name())
            .field("device", &self.device().name())
            .field("shapes", self.shapes())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}
