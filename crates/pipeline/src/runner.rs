//! Runs a pipeline on a device, batch by batch, for images of any shapes.

use crate::cache::PlanCache;
use crate::compiled::Compiled;
use crate::context::Context;
use crate::io::{Input, Output, Outputs};
use crate::node::Shapes;
use crate::outputs::{BatchOutputs, Execution, NodeFailure};
use crate::parameter::Parameter;
use crate::pipeline::Pipeline;
use crate::{Image, PipelineError, RunnerConfig, RunnerStatistics};
use pixelflume_device::Device;
use pixelflume_memory::MemoryManager;
use pixelflume_ops::{ImageShape, Operator, Plan};
use pixelflume_scheduler::{ReplayStatistics, Schedule};
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

/// A pipeline on a device: gives it images, gets the images of its outputs.
///
/// Each node runs once per batch. Plans and memory are kept for the shapes that were used last, so that a run of a known
/// shape compiles and allocates nothing on the device.
///
/// ```
/// use pixelflume_device::Device;
/// use pixelflume_pipeline::{Image, Pipeline, Runner, RunnerConfig};
///
/// let text = "[[node]]\nname = \"edges\"\nop = \"sobel\"\nfrom = \"input\"\n";
/// let pipeline = Pipeline::from_toml(text, "edges.toml")?;
/// let mut runner = Runner::new(pipeline, &Device::host(), RunnerConfig::default())?;
///
/// let step = Image::from_fn(4, 3, 1, |x, _, _| if x < 2 { 0 } else { 10 })?;
/// let outputs = runner.run(&[&step])?;
/// let edges = outputs.images("edges")?;
/// assert_eq!(edges[0].data()[..4], [0, 40, 40, 0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Runner {
    pipeline: Pipeline,
    config: RunnerConfig,
    /// Before the plans, so that what was captured goes before the memory that it was captured with.
    context: Context,
    plans: PlanCache,
    /// The shapes of the current run's inputs; kept, so that a run needs no new list.
    shapes: Vec<ImageShape>,
}

impl Runner {
    /// A runner with its own memory and streams.
    ///
    /// # Errors
    /// A setting is impossible, or the device gives no stream.
    pub fn new(
        pipeline: Pipeline,
        device: &Device,
        config: RunnerConfig,
    ) -> Result<Self, PipelineError> {
        let memory = MemoryManager::new(device, config.memory());
        Runner::with_memory(pipeline, &memory, config)
    }

    /// A runner on the device of `memory`, which it shares with others; the settings of memory in `config` are not used.
    ///
    /// # Errors
    /// As for [`Runner::new`].
    pub fn with_memory(
        pipeline: Pipeline,
        memory: &MemoryManager,
        config: RunnerConfig,
    ) -> Result<Self, PipelineError> {
        let context = Context::new(&pipeline, memory, &config)?;
        Ok(Runner {
            plans: PlanCache::new(config.plan_cache),
            context,
            shapes: Vec::new(),
            pipeline,
            config,
        })
    }

    /// The pipeline, with its present parameters.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The device.
    pub fn device(&self) -> &Device {
        self.context.device()
    }

    /// The memory.
    pub fn memory(&self) -> &MemoryManager {
        &self.context.memory
    }

    /// The settings.
    pub fn config(&self) -> &RunnerConfig {
        &self.config
    }

    /// How the nodes are spread over streams.
    pub fn schedule(&self) -> &Schedule {
        &self.context.schedule
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

    /// Runs a pipeline of one input over frames of one shape. More frames than the largest batch run in chunks.
    ///
    /// # Errors
    /// As for [`Runner::execute`].
    pub fn run(&mut self, frames: &[&Image]) -> Result<BatchOutputs, PipelineError> {
        let mut outputs = BatchOutputs::default();
        self.run_into(&[Input::Images(frames)], &mut outputs)?;
        Ok(outputs)
    }

    /// Runs a pipeline over frames for each of its inputs, in the order of [`Pipeline::inputs`]: of one number, and of
    /// one shape within an input. Frames of one index belong together.
    ///
    /// # Errors
    /// As for [`Runner::execute`].
    pub fn run_inputs(&mut self, inputs: &[&[&Image]]) -> Result<BatchOutputs, PipelineError> {
        let inputs: Vec<Input<'_>> = inputs.iter().map(|frames| Input::Images(frames)).collect();
        let mut outputs = BatchOutputs::default();
        self.run_into(&inputs, &mut outputs)?;
        Ok(outputs)
    }

    /// Runs the pipeline, with the results as images by name. The memory of earlier results in `outputs` is used again:
    /// from the third run of a shape on nothing is allocated, neither on the device nor on the heap, as long as batches
    /// do not grow. (A worker of the host device gets scratch memory the first time that it takes a strip of an operator,
    /// which may be later.)
    ///
    /// # Errors
    /// As for [`Runner::execute`].
    pub fn run_into(
        &mut self,
        inputs: &[Input<'_>],
        outputs: &mut BatchOutputs,
    ) -> Result<(), PipelineError> {
        outputs.prepare(&self.pipeline);
        let execution = self.execute_into(inputs, outputs)?;
        outputs.settle(&execution);
        Ok(())
    }

    /// Runs the pipeline over frames wherever they lie, and puts the results wherever they are wanted; see
    /// [`ExecutionPlan::execute`](crate::ExecutionPlan::execute). Compiles a plan for shapes that no kept plan is for.
    ///
    /// A node that fails while it runs is no error of the run: the outputs that depend on it carry the failure, the
    /// others their images.
    ///
    /// # Errors
    /// Found before anything runs: inputs are missing, frames are missing or differ in shape, or a node cannot take the
    /// shape; places for outputs are missing or do not fit. While running: there is not enough memory, or the device fails
    /// as a whole.
    pub fn execute(
        &mut self,
        inputs: &[Input<'_>],
        outputs: &mut [Output<'_>],
    ) -> Result<Execution, PipelineError> {
        self.execute_into(inputs, outputs)
    }

    fn execute_into<O: Outputs + ?Sized>(
        &mut self,
        inputs: &[Input<'_>],
        outputs: &mut O,
    ) -> Result<Execution, PipelineError> {
        self.shapes.clear();
        let frames = self.pipeline.check_frames(inputs, |_, shape| {
            self.shapes.push(shape);
            Ok(())
        })?;
        self.context
            .finish_leftover(self.plans.current().as_deref())?;
        self.select_plan(frames)?;
        let plan = self.plans.current();
        let plan = plan.expect("a plan was selected for this run");
        self.context.execute(plan, inputs, frames, outputs)
    }

    /// Gives a parameter of a node another value, from the next run on. Plans whose shapes stay the same, and the nodes that
    /// are fused, keep their memory and everything but the launch of that node.
    ///
    /// # Errors
    /// There is no such node, its operator has no such parameter, or the value is impossible. Whether other nodes can take
    /// the result depends on the shapes of the next run, which says so.
    pub fn set_parameter(&mut self, node: &str, parameter: Parameter) -> Result<(), PipelineError> {
        self.pipeline = self.pipeline.with_parameter(node, parameter)?;
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

    /// Makes the plan for the noted shapes the current one. Capacities are powers of two up to the largest batch: runs
    /// of few frames take little memory, and growing batches compile few plans.
    fn select_plan(&mut self, frames: usize) -> Result<(), PipelineError> {
        let most = self.config.max_batch;
        let needed = u32::try_from(frames).map_or(most, |frames| frames.min(most));
        if self.plans.touch(&self.pipeline, &self.shapes, needed) {
            self.context.statistics.plan_hits += 1;
            return Ok(());
        }
        let start = Instant::now();
        let (shapes, plans) = self.pipeline.plan(&self.shapes)?;
        let found = self.plans.touch_shapes(&shapes, needed);
        let current = self.plans.current().filter(|_| found);
        let updated = match current {
            Some(plan) => self.context.update(plan, &self.pipeline, plans.clone())?,
            None => false,
        };
        if updated {
            self.context.statistics.plans_updated += 1;
        } else {
            self.compile(shapes, plans, needed.next_power_of_two().min(most))?;
            self.context.statistics.plans_compiled += 1;
        }
        self.context.statistics.compile_time += start.elapsed();
        Ok(())
    }

    /// Compiles a plan, without the kept ones where memory is short, and keeps it as the current one.
    fn compile(
        &mut self,
        shapes: Shapes,
        plans: Vec<Arc<dyn Plan>>,
        capacity: u32,
    ) -> Result<(), PipelineError> {
        while let Some(plan) = self.plans.make_room(&shapes) {
            self.evict(plan);
        }
        let pipeline = self.pipeline.clone();
        let compile = |context: &Context| {
            let plan = (shapes.clone(), plans.clone());
            context.compile(&pipeline, plan, capacity)
        };
        let plan = match compile(&self.context) {
            Err(error) if error.is_shortage() && self.give_back() => {
                tracing::info!("dropped what was kept to make room for a new plan: {error}");
                compile(&self.context)?
            }
            compiled => compiled?,
        };
        self.plans.insert(plan);
        Ok(())
    }

    /// Gives back all memory that is kept for later runs; whether there was any.
    fn give_back(&mut self) -> bool {
        let mut any = self.context.staging.clear();
        while let Some(plan) = self.plans.pop() {
            self.evict(plan);
            any = true;
        }
        any
    }

    fn evict(&mut self, plan: Compiled) {
        self.context.release(&plan);
        self.context.statistics.plans_evicted += 1;
    }
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
