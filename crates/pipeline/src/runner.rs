//! Runs a pipeline on a device, batch by batch.

use crate::cache::PlanCache;
use crate::execution::ExecutionPlan;
use crate::outputs::{BatchOutputs, NodeFailure, Output};
use crate::pipeline::Pipeline;
use crate::staging::Staging;
use crate::{Image, PipelineError, RunnerConfig, RunnerStatistics};
use pixelflume_device::{Device, Severity, Stream};
use pixelflume_graph::NodeId;
use pixelflume_memory::{MemoryError, MemoryManager};
use pixelflume_ops::ImageShape;
use pixelflume_scheduler::{Executor, RunOutcome, Schedule};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

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
    plans: PlanCache,
    staging: Staging,
    schedule: Schedule,
    executor: Executor,
    memory: MemoryManager,
    statistics: RunnerStatistics,
    /// The shapes of the current run's inputs; kept, so that a run needs no new list.
    shapes: Vec<ImageShape>,
    /// Whether the last run was submitted and not finished, because waiting for it failed.
    unfinished: bool,
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

    /// A runner on the device of `memory`, which it shares with others; the settings of memory in `config` are
    /// not used.
    ///
    /// # Errors
    /// As for [`Runner::new`].
    pub fn with_memory(
        pipeline: Pipeline,
        memory: &MemoryManager,
        config: RunnerConfig,
    ) -> Result<Self, PipelineError> {
        config.check()?;
        let mut executor = Executor::new(memory.device(), config.streams)?;
        let schedule = Schedule::new(pipeline.tasks(), executor.streams().len())?;
        executor.prepare(&schedule)?;
        let staging = Staging::new(pipeline.inputs().len(), pipeline.outputs().len());
        Ok(Runner {
            plans: PlanCache::new(config.plan_cache),
            staging,
            schedule,
            executor,
            memory: memory.clone(),
            statistics: RunnerStatistics::default(),
            shapes: Vec::new(),
            unfinished: false,
            pipeline,
            config,
        })
    }

    /// The pipeline.
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The device.
    pub fn device(&self) -> &Device {
        self.memory.device()
    }

    /// The memory.
    pub fn memory(&self) -> &MemoryManager {
        &self.memory
    }

    /// The settings.
    pub fn config(&self) -> &RunnerConfig {
        &self.config
    }

    /// How the nodes are spread over streams.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// What it did so far.
    pub fn statistics(&self) -> RunnerStatistics {
        self.statistics
    }

    /// Runs a pipeline of one input over frames of one shape. More frames than the largest batch run in chunks.
    ///
    /// # Errors
    /// As for [`Runner::run_inputs`].
    pub fn run(&mut self, frames: &[&Image]) -> Result<BatchOutputs, PipelineError> {
        self.run_inputs(&[frames])
    }

    /// Runs a pipeline over frames for each of its inputs, in the order of [`Pipeline::inputs`]: of one number, and of
    /// one shape within an input. Frames of one index belong together.
    ///
    /// A node that fails while it runs is no error of the run: the outputs that depend on it carry the failure, the
    /// others their images.
    ///
    /// # Errors
    /// Found before anything runs: inputs are missing, frames are missing or differ in shape, or a node cannot take the
    /// shape. While running: there is not enough memory, or the device fails as a whole.
    pub fn run_inputs(&mut self, inputs: &[&[&Image]]) -> Result<BatchOutputs, PipelineError> {
        let frames = self.check(inputs)?;
        self.finish_leftover()?;
        self.select_plan(frames)?;
        let mut outputs = BatchOutputs {
            outputs: self
                .pipeline
                .outputs()
                .map(|name| Output {
                    name: name.to_owned(),
                    result: Ok(Vec::with_capacity(frames)),
                })
                .collect(),
        };
        let chunk = self.config.max_batch as usize;
        for start in (0..frames).step_by(chunk) {
            self.run_chunk(inputs, start..frames.min(start + chunk), &mut outputs)?;
        }
        Ok(outputs)
    }

    /// Checks the frames, notes their shapes, and gives their number.
    fn check(&mut self, inputs: &[&[&Image]]) -> Result<usize, PipelineError> {
        self.pipeline.check_input_count(inputs.len())?;
        self.shapes.clear();
        let frames = inputs.first().map_or(1, |frames| frames.len());
        for (name, images) in self.pipeline.inputs().zip(inputs) {
            let input = || name.to_owned();
            if images.len() != frames {
                return Err(PipelineError::FrameCount {
                    input: input(),
                    expected: frames,
                    got: images.len(),
                });
            }
            let Some(first) = images.first() else {
                return Err(PipelineError::NoFrames);
            };
            let expected = first.shape();
            if let Some(frame) = images.iter().position(|image| image.shape() != expected) {
                let got = images[frame].shape();
                return Err(PipelineError::FrameShape {
                    input: input(),
                    frame,
                    expected,
                    got,
                });
            }
            self.shapes.push(expected);
        }
        Ok(frames)
    }

    /// Makes the plan for the noted shapes the current one. Capacities are powers of two up to the largest batch: runs
    /// of few frames take little memory, and growing batches compile few plans.
    fn select_plan(&mut self, frames: usize) -> Result<(), PipelineError> {
        let most = self.config.max_batch;
        let needed = u32::try_from(frames).map_or(most, |frames| frames.min(most));
        if self.plans.touch(&self.shapes, needed) {
            self.statistics.plan_hits += 1;
            return Ok(());
        }
        let capacity = needed.next_power_of_two().min(most);
        self.plans.make_room(&self.shapes);
        let plan = match self.compile(capacity) {
            Err(PipelineError::Memory { source, .. })
                if is_shortage(&source) && self.plans.clear() =>
            {
                tracing::info!("dropped the kept plans to make room for a new one: {source}");
                self.staging.clear();
                self.compile(capacity)?
            }
            compiled => compiled?,
        };
        self.statistics.plans_compiled += 1;
        self.plans.insert(plan);
        Ok(())
    }

    fn compile(&self, capacity: u32) -> Result<ExecutionPlan, PipelineError> {
        ExecutionPlan::compile(
            &self.pipeline,
            &self.memory,
            self.main_stream(),
            &self.shapes,
            capacity,
        )
    }

    fn main_stream(&self) -> &Stream {
        &self.executor.streams()[0]
    }

    /// Runs these frames as one batch and adds the results to `outputs`.
    fn run_chunk(
        &mut self,
        inputs: &[&[&Image]],
        frames: Range<usize>,
        outputs: &mut BatchOutputs,
    ) -> Result<(), PipelineError> {
        let batch = frames.len();
        let plan = self
            .plans
            .current()
            .expect("a plan was selected for this run");
        let main = self.executor.streams()[0].clone();
        for (input, images) in inputs.iter().enumerate() {
            self.staging
                .upload(plan, input, &images[frames.clone()], &self.memory, &main)?;
        }
        let size = u32::try_from(batch).expect("a chunk is no larger than the largest batch");
        self.executor.run(&self.schedule, plan.bind(size))?;
        self.unfinished = true;
        // Everything above is before the copies in the main stream. Outputs of failed nodes are copied too, and ignored.
        let copies = (0..outputs.outputs.len()).try_for_each(|output| {
            self.staging
                .download(plan, output, batch, &self.memory, &main)
        });
        let outcome = self.executor.finish()?;
        self.unfinished = false;
        copies?;

        let number = self.statistics.batches;
        self.statistics.batches += 1;
        self.statistics.frames += batch as u64;
        let skipped = if outcome.is_success() {
            0
        } else {
            outcome.skipped().count()
        };
        self.statistics.node_launches += (self.schedule.len() - skipped) as u64;
        self.statistics.node_failures += outcome.failures().len() as u64;

        for (index, output) in outputs.outputs.iter_mut().enumerate() {
            let Ok(images) = &mut output.result else {
                continue;
            };
            let node = self.pipeline.output_nodes()[index];
            match failure(&self.pipeline, &outcome, node, number, &frames) {
                Some(failure) => output.result = Err(Arc::new(failure)),
                None => self
                    .staging
                    .collect(index, plan.shapes().nodes[node], batch, images)?,
            }
        }
        Ok(())
    }

    /// Waits for a run that could not be waited for when it was new.
    fn finish_leftover(&mut self) -> Result<(), PipelineError> {
        if self.unfinished {
            self.executor.finish()?;
            self.unfinished = false;
        }
        Ok(())
    }
}

impl fmt::Debug for Runner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runner")
            .field("pipeline", &self.pipeline.name())
            .field("device", &self.device().name())
            .field("config", &self.config)
            .field("statistics", &self.statistics)
            .finish_non_exhaustive()
    }
}

/// Whether giving memory back may help.
fn is_shortage(error: &MemoryError) -> bool {
    match error {
        MemoryError::NeverFits { .. } | MemoryError::OutOfRange { .. } => false,
        MemoryError::Device(source) => source.severity() == Severity::Recoverable,
        _ => true,
    }
}

/// Why a node has no result, if it has none.
fn failure(
    pipeline: &Pipeline,
    outcome: &RunOutcome<'_>,
    node: usize,
    batch: u64,
    frames: &Range<usize>,
) -> Option<NodeFailure> {
    let failed = outcome.failure_behind(NodeId::from_index(node))?;
    let culprit = &pipeline.nodes()[failed.node.index()];
    Some(NodeFailure {
        node: culprit.name().to_owned(),
        operator: culprit.operator().kind(),
        batch,
        frames: frames.clone(),
        cause: Box::new(failed.cause.clone()),
    })
}
