//! A pipeline compiled for one set of shapes, ready to be executed on its own.

use crate::arena::ArenaPlan;
use crate::check::check;
use crate::compiled::Compiled;
use crate::context::Context;
use crate::io::{Input, Output, Outputs};
use crate::node::Shapes;
use crate::outputs::{BatchOutputs, Execution, NodeFailure};
use crate::parameter::Parameter;
use crate::pipeline::Pipeline;
use crate::{DeviceImages, DeviceImagesMut, Image, PipelineError, RunnerConfig, RunnerStatistics};
use pixelflume_device::{Device, Launch};
use pixelflume_memory::MemoryManager;
use pixelflume_ops::{ImageShape, Operator};
use pixelflume_scheduler::{ReplayStatistics, Schedule};
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// A [`Pipeline`] compiled for input shapes, a device and a batch size: shapes, operator plans and tables, one arena of
/// memory, and the complete launches of every node. Executing it looks nothing up, and from the third time on allocates
/// nothing, neither on the device nor on the heap, as long as batches do not grow and the places for outputs are reused.
///
/// Each node runs once per batch, however many frames that has. A [`Runner`](crate::Runner) keeps plans for several
/// shapes.
///
/// ```
/// use pixelflume_device::Device;
/// use pixelflume_ops::{GaussianBlur, ImageShape};
/// use pixelflume_pipeline::{BatchLayout, BatchView, Input, Output, Parameter, PipelineBuilder, RunnerConfig};
///
/// let mut builder = PipelineBuilder::new("smooth");
/// let input = builder.input("input")?;
/// builder.then(input, "smooth", GaussianBlur::new(3)?)?;
/// let shape = ImageShape::u8(4, 1, 1);
/// let mut plan = builder.build()?.compile(&Device::host(), &[shape], RunnerConfig::default())?;
///
/// // Two frames in one slice, with rows of 6 bytes.
/// let frames = [0, 0, 64, 0, 9, 9, 64, 0, 0, 64, 9, 9];
/// let batch = BatchView::new(BatchLayout::tight(shape, 2).with_row_pitch(6), &frames)?;
/// let mut smooth = Vec::new();
/// plan.execute(&[Input::Batch(batch)], &mut [Output::Images(&mut smooth)])?.into_result()?;
/// assert_eq!(smooth[0].data(), [0, 16, 32, 32]);
///
/// // Another width of the bell for the next execution.
/// plan.set_parameter("smooth", Parameter::BlurSigma(Some(0.1)))?;
/// plan.execute(&[Input::Batch(batch)], &mut [Output::Images(&mut smooth)])?.into_result()?;
/// assert_eq!(smooth[1].data(), [64, 0, 0, 64]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct ExecutionPlan {
    /// Before the plan, so that what was captured goes before the memory that it was captured with.
    context: Context,
    plan: Compiled,
}

impl Pipeline {
    /// Compiles the pipeline for inputs of these shapes on a device, with memory and streams of its own. The settings say
    /// how many streams, how large a batch, and how memory is allocated.
    ///
    /// # Errors
    /// A node cannot take what its inputs give, a setting is impossible, the device refuses a kernel, or there is not
    /// enough memory.
    pub fn compile(
        &self,
        device: &Device,
        inputs: &[ImageShape],
        config: RunnerConfig,
    ) -> Result<ExecutionPlan, PipelineError> {
        let memory = MemoryManager::new(device, config.memory());
        self.compile_with(&memory, inputs, config)
    }

    /// Compiles the pipeline for the device of `memory`, which is shared with others; the settings of memory in `config`
    /// are not used.
    ///
    /// # Errors
    /// As for [`Pipeline::compile`].
    pub fn compile_with(
        &self,
        memory: &MemoryManager,
        inputs: &[ImageShape],
        config: RunnerConfig,
    ) -> Result<ExecutionPlan, PipelineError> {
        let start = Instant::now();
        let mut context = Context::new(self, memory, &config)?;
        let plan = context.compile(self, self.plan(inputs)?, config.max_batch)?;
        context.statistics.plans_compiled = 1;
        context.statistics.compile_time = start.elapsed();
        Ok(ExecutionPlan { plan, context })
    }
}

impl ExecutionPlan {
    /// The pipeline, with its present parameters.
    pub fn pipeline(&self) -> &Pipeline {
        self.plan.pipeline()
    }

    /// The device.
    pub fn device(&self) -> &Device {
        self.context.device()
    }

    /// The memory, from which buffers for inputs and outputs can be allocated too.
    pub fn memory(&self) -> &MemoryManager {
        &self.context.memory
    }

    /// The shapes of inputs and nodes.
    pub fn shapes(&self) -> &Shapes {
        self.plan.shapes()
    }

    /// The most images that a node gets at once; more run in chunks.
    pub fn capacity(&self) -> u32 {
        self.plan.capacity()
    }

    /// Where images lie in the plan's memory.
    pub fn arena(&self) -> &ArenaPlan {
        self.plan.arena()
    }

    /// How the nodes are spread over streams.
    pub fn schedule(&self) -> &Schedule {
        &self.context.schedule
    }

    /// Launches of the last batch, of all nodes together; 0 before the first.
    pub fn launches_per_batch(&self) -> usize {
        self.plan.launch_count()
    }

    /// What it did so far.
    pub fn statistics(&self) -> RunnerStatistics {
        self.context.statistics
    }

    /// How runs went: directly, or by which step of replay.
    pub fn replay_statistics(&self) -> ReplayStatistics {
        self.context.replay_statistics()
    }

    /// Sets what is called for each node that fails while it runs, in place of an earlier callback. It is called by the
    /// thread that executes, once per batch and node, in the order of submission, before the call returns.
    ///
    /// Nodes that are skipped because another one failed did not fail. The callback must not block: nothing else goes on
    /// meanwhile. A panic in it is logged, and changes nothing. Where no node fails it costs nothing.
    pub fn on_failure(&mut self, callback: impl Fn(&NodeFailure) + Send + Sync + 'static) {
        self.context.on_failure = Some(Arc::new(callback));
    }

    /// Records what the next runs do in `trace`, or stops it with `None`.
    pub fn set_trace(&mut self, trace: Option<pixelflume_scheduler::Trace>) {
        self.context.set_trace(trace);
    }

    /// Runs the pipeline over frames for each of its inputs, in the order of [`Pipeline::inputs`], and puts the results
    /// into the places for its outputs, in the order of [`Pipeline::outputs`]. All inputs have the same number of frames,
    /// and frames of one index belong together. Returns when the results are there.
    ///
    /// Frames in device memory are read in place, results are written in place. A node that fails while it runs is no error
    /// of the execution: [`Execution::failure`] says which outputs it took with it.
    ///
    /// # Errors
    /// Found before anything runs: inputs or places are missing or of other shapes or numbers, or device memory cannot be
    /// used. While running: there is not enough memory, or the device fails as a whole.
    pub fn execute(
        &mut self,
        inputs: &[Input<'_>],
        outputs: &mut [Output<'_>],
    ) -> Result<Execution, PipelineError> {
        self.execute_into(inputs, outputs)
    }

    /// The launches of a batch that lies in device memory, in an order in which one stream can run them; nothing runs. For
    /// timing, and for graphs that hold more than this pipeline.
    ///
    /// They are data, and hold the addresses of the images and of the plan's memory without keeping either. To enqueue them is
    /// unsafe: see [`Stream::enqueue`](pixelflume_device::Stream::enqueue). Whoever does so keeps the plan and the images until
    /// they are done, and does not execute the plan, or launches for other images, at the same time.
    ///
    /// # Errors
    /// As for [`ExecutionPlan::execute`], found before anything runs; or the batch is larger than the plan's capacity
    /// ([`PipelineError::Setting`]).
    pub fn launches(
        &mut self,
        inputs: &[DeviceImages<'_>],
        outputs: &mut [DeviceImagesMut<'_>],
    ) -> Result<Vec<Launch>, PipelineError> {
        let given: Vec<_> = inputs.iter().copied().map(Input::Device).collect();
        let mut places: Vec<_> = outputs
            .iter_mut()
            .map(|images| Output::Device(images.reborrow()))
            .collect();
        let frames = self.check_frames(&given)?;
        check(
            &self.plan,
            self.context.device(),
            &given,
            frames,
            places.as_mut_slice(),
        )?;
        let capacity = self.plan.capacity();
        let batch = u32::try_from(frames)
            .ok()
            .filter(|&batch| batch <= capacity)
            .ok_or(PipelineError::Setting {
                setting: "max_batch",
                got: capacity.into(),
                expected: "launches are for one batch, with as many frames as a batch may have at most",
            })?;
        let (_, launches) = self.plan.bind(
            batch,
            |input| Some(inputs[input].images(0..frames)),
            |output| Some(outputs[output].images(0..frames)),
        );
        Ok(launches.iter().flatten().cloned().collect())
    }

    /// Runs a pipeline of one input over frames; see [`ExecutionPlan::execute`].
    ///
    /// # Errors
    /// As for [`ExecutionPlan::execute`].
    pub fn execute_batch(&mut self, frames: &[&Image]) -> Result<BatchOutputs, PipelineError> {
        let mut outputs = BatchOutputs::default();
        self.run_into(&[Input::Images(frames)], &mut outputs)?;
        Ok(outputs)
    }

    /// As [`ExecutionPlan::execute`], with the results as images by name. The memory of earlier results in `outputs` is
    /// used again.
    ///
    /// # Errors
    /// As for [`ExecutionPlan::execute`].
    pub fn run_into(
        &mut self,
        inputs: &[Input<'_>],
        outputs: &mut BatchOutputs,
    ) -> Result<(), PipelineError> {
        outputs.prepare(self.plan.pipeline());
        let execution = self.execute_into(inputs, outputs)?;
        outputs.settle(&execution);
        Ok(())
    }

    fn execute_into<O: Outputs + ?Sized>(
        &mut self,
        inputs: &[Input<'_>],
        outputs: &mut O,
    ) -> Result<Execution, PipelineError> {
        let frames = self.check_frames(inputs)?;
        self.context
            .execute(&mut self.plan, inputs, frames, outputs)
    }

    /// Checks that the inputs are what the plan is for; gives the number of frames.
    fn check_frames(&self, inputs: &[Input<'_>]) -> Result<usize, PipelineError> {
        let pipeline = self.plan.pipeline();
        pipeline.check_frames(inputs, |index, got| {
            let expected = self.plan.shapes().inputs[index];
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

    /// Gives a parameter of a node another value, from the next execution on. Where no shape changes, and the same nodes are
    /// fused as before, the plan keeps its memory and everything but the launch of that node.
    ///
    /// # Errors
    /// There is no such node, its operator has no such parameter, the value is impossible, or another node cannot take the
    /// result; the plan stays as it was. Or there is not enough memory for the new shapes.
    pub fn set_parameter(&mut self, node: &str, parameter: Parameter) -> Result<(), PipelineError> {
        let pipeline = self.pipeline().with_parameter(node, parameter)?;
        self.replace(&pipeline)
    }

    /// Replaces the operator of a node by one of the same kind, from the next execution on; see
    /// [`ExecutionPlan::set_parameter`].
    ///
    /// # Errors
    /// As for [`ExecutionPlan::set_parameter`], with [`PipelineError::OtherKind`] for an operator of another kind.
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
        self.context.finish_leftover(Some(&self.plan))?;
        let (shapes, plans) = pipeline.plan(&self.plan.shapes().inputs)?;
        if shapes == *self.plan.shapes()
            && self
                .context
                .update(&mut self.plan, pipeline, plans.clone())?
        {
            self.context.statistics.plans_updated += 1;
        } else {
            let capacity = self.plan.capacity();
            let plan = self.context.compile(pipeline, (shapes, plans), capacity)?;
            self.context.release(&self.plan);
            self.plan = plan;
            self.context.statistics.plans_compiled += 1;
        }
        self.context.statistics.compile_time += start.elapsed();
        Ok(())
    }
}

impl fmt::Debug for ExecutionPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecutionPlan")
            .field("pipeline", &self.pipeline().name())
            .field("device", &self.device().name())
            .field("shapes", self.shapes())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}
