//! What executions of a pipeline use together: streams, page-locked memory, counters.

use crate::check::check;
use crate::compiled::{Compiled, leaves_work};
use crate::io::{Input, Outputs};
use crate::node::Shapes;
use crate::outputs::{Execution, NodeFailure};
use crate::pipeline::Pipeline;
use crate::staging::{Chunk, Staging};
use crate::{PipelineError, RunnerConfig, RunnerStatistics};
use pixelflume_device::{Device, DeviceError, Stream, contain_panic};
use pixelflume_graph::NodeId;
use pixelflume_memory::MemoryManager;
use pixelflume_ops::Plan;
use pixelflume_scheduler::{Executor, ReplayStatistics, RunOutcome, Schedule};
use std::sync::Arc;
use std::time::Instant;

/// Executes compiled pipelines of one topology, one batch at a time.
pub(crate) struct Context {
    pub(crate) staging: Staging,
    pub(crate) schedule: Schedule,
    pub(crate) statistics: RunnerStatistics,
    executor: Executor,
    pub(crate) memory: MemoryManager,
    /// The last run, where it was submitted and not finished, because waiting for it failed.
    unfinished: Option<Chunk>,
    /// What is called for each node that failed.
    pub(crate) on_failure: Option<FailureCallback>,
}

impl Context {
    pub(crate) fn new(
        pipeline: &Pipeline,
        memory: &MemoryManager,
        config: &RunnerConfig,
    ) -> Result<Self, PipelineError> {
        config.check()?;
        let mut executor = config.executor(memory.device())?;
        let schedule = Schedule::new(pipeline.tasks(), executor.streams().len())?;
        executor.prepare(&schedule)?;
        Ok(Context {
            staging: Staging::new(pipeline.inputs().len(), pipeline.outputs().len()),
            schedule,
            statistics: RunnerStatistics::default(),
            executor,
            memory: memory.clone(),
            unfinished: None,
            on_failure: None,
        })
    }

    pub(crate) fn device(&self) -> &Device {
        self.memory.device()
    }

    /// The stream that orders all work on the memory of the plans.
    pub(crate) fn main_stream(&self) -> &Stream {
        &self.executor.streams()[0]
    }

    /// Compiles a pipeline of the same topology, with these shapes and plans of its nodes.
    pub(crate) fn compile(
        &self,
        pipeline: &Pipeline,
        planned: (Shapes, Vec<Arc<dyn Plan>>),
        capacity: u32,
    ) -> Result<Compiled, PipelineError> {
        let (memory, main) = (&self.memory, self.main_stream());
        Compiled::new(pipeline, planned, &self.schedule, memory, main, capacity)
    }

    /// Lets a compiled pipeline take over the operators of another one, of the same topology and shapes; whether it can.
    pub(crate) fn update(
        &self,
        plan: &mut Compiled,
        pipeline: &Pipeline,
        plans: Vec<Arc<dyn Plan>>,
    ) -> Result<bool, PipelineError> {
        plan.update(pipeline, plans, &self.memory, self.main_stream())
    }

    /// Runs `frames` frames, in chunks of the plan's capacity where there are more. Everything was checked but the
    /// caller's device memory and the room for outputs.
    pub(crate) fn execute<O: Outputs + ?Sized>(
        &mut self,
        plan: &mut Compiled,
        inputs: &[Input<'_>],
        frames: usize,
        outputs: &mut O,
    ) -> Result<Execution, PipelineError> {
        check(plan, self.device(), inputs, frames, outputs)?;
        check_captures(inputs, outputs)?;
        self.finish_leftover(Some(plan))?;
        // Before anything is copied to memory that a run may still use which nothing orders.
        self.executor.check_idle()?;
        let capacity = plan.capacity() as usize;
        if frames > capacity {
            self.statistics.chunked_runs += 1;
        }
        let mut execution = Execution::new(frames);
        for start in (0..frames).step_by(capacity) {
            let chunk = Chunk {
                batch: self.statistics.batches,
                frames: start..frames.min(start + capacity),
            };
            self.execute_chunk(plan, inputs, &chunk, outputs, &mut execution)?;
        }
        for output in 0..outputs.count() {
            outputs.output(output).truncate(frames);
        }
        Ok(execution)
    }

    #[expect(unsafe_code, reason = "runs the plan")]
    fn execute_chunk<O: Outputs + ?Sized>(
        &mut self,
        plan: &mut Compiled,
        inputs: &[Input<'_>],
        chunk: &Chunk,
        outputs: &mut O,
        execution: &mut Execution,
    ) -> Result<(), PipelineError> {
        let start = Instant::now();
        let frames = &chunk.frames;
        let batch = frames.len();
        let main = self.main_stream().clone();
        for (index, input) in inputs.iter().enumerate() {
            match input.device() {
                Some(images) => images.memory().order_before(&main)?,
                None => {
                    let (staging, memory) = (&mut self.staging, &self.memory);
                    staging.upload(plan, index, input, chunk, memory, &main)?;
                }
            }
        }
        for output in 0..outputs.count() {
            if let Some(images) = outputs.output(output).device() {
                images.memory().order_before(&main)?;
            }
        }
        let size = u32::try_from(batch).expect("a chunk is no larger than the largest batch");
        let (executor, schedule) = (&mut self.executor, &self.schedule);
        let input = |index: usize| Some(inputs[index].device()?.images(frames.clone()));
        let output = |index| Some(outputs.output(index).device()?.images(frames.clone()));
        // SAFETY: the context keeps plans and executor together, and runs one at a time: what was left unfinished was waited
        // for before (`finish_leftover`). The caller's memory is of this device (`check`) and borrowed beyond this call, the
        // outputs mutably, so that they overlap nothing. What its streams hold was ordered before the run above, and they
        // are ordered behind it below; where that fails, or a part of the run may be left behind, the memory is marked, and
        // not used again before the device has come to rest.
        let run = unsafe { plan.run(executor, schedule, size, input, output) };
        if run.as_ref().is_err_and(leaves_work) {
            for images in inputs.iter().filter_map(Input::device) {
                images.memory().mark_unordered();
            }
            for output in 0..outputs.count() {
                if let Some(images) = outputs.output(output).device() {
                    images.memory().mark_unordered();
                }
            }
        }
        run?;
        self.unfinished = Some(chunk.clone());
        // Everything above is before the copies in the main stream. Outputs of failed nodes are copied too, and ignored.
        let copies = self.end_use(plan, inputs, chunk, outputs, &main);
        self.statistics.submit_time += start.elapsed();
        let outcome = self.executor.finish()?;
        self.unfinished = None;
        report(plan, &outcome, chunk, self.on_failure.as_ref());
        copies?;

        let skipped = match outcome.is_success() {
            true => 0,
            false => outcome.skipped().count(),
        };
        plan.count(&mut self.statistics, batch, skipped);
        self.statistics.node_failures += outcome.failures().len() as u64;
        execution.batches += 1;

        for output in 0..outputs.count() {
            if execution.failure(output).is_some() {
                continue;
            }
            let node = plan.pipeline().output_nodes()[output];
            match failure(plan, &outcome, node, chunk) {
                Some(failure) => execution.fail(output, failure),
                None if outputs.output(output).is_copied() => {
                    let target = outputs.output(output);
                    self.staging.collect(plan, output, chunk, target)?;
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Puts what follows the run into the main stream: copies of outputs, and the caller's memory back into its hands. All of
    /// it is tried, whatever fails: the run goes on, and all that it uses must be ordered behind it.
    fn end_use<O: Outputs + ?Sized>(
        &mut self,
        plan: &Compiled,
        inputs: &[Input<'_>],
        chunk: &Chunk,
        outputs: &mut O,
        main: &Stream,
    ) -> Result<(), PipelineError> {
        let mut result = Ok(());
        for output in 0..outputs.count() {
            let target = outputs.output(output);
            result = result.and(if target.is_copied() {
                self.staging
                    .download(plan, output, chunk, &self.memory, main)
            } else if let Some(images) = target.device() {
                images.memory().order_after(main).map_err(Into::into)
            } else {
                Ok(())
            });
        }
        for images in inputs.iter().filter_map(Input::device) {
            result = result.and(images.memory().order_after(main).map_err(Into::into));
        }
        result
    }

    /// Drops what was captured of a plan, which is about to be dropped itself: nobody will run it again.
    pub(crate) fn release(&mut self, plan: &Compiled) {
        for batch in 1..=plan.capacity() {
            let forgotten = self
                .executor
                .forget_dimensions(&self.schedule, plan.dimensions(batch));
            if let Err(error) = forgotten {
                // The last run could not be waited for. Its graph stays, and is launched by nobody.
                tracing::debug!("a captured graph is kept: {error}");
                return;
            }
        }
    }

    /// How runs went: directly, or by which step of replay.
    pub(crate) fn replay_statistics(&self) -> ReplayStatistics {
        self.executor.replay_statistics()
    }

    /// Records what the next runs do, or stops it.
    pub(crate) fn set_trace(&mut self, trace: Option<pixelflume_scheduler::Trace>) {
        self.executor.set_trace(trace);
    }

    /// Waits for a run that could not be waited for when it was new; `plan` is what was run last.
    pub(crate) fn finish_leftover(&mut self, plan: Option<&Compiled>) -> Result<(), PipelineError> {
        if let Some(chunk) = &self.unfinished {
            let outcome = self.executor.finish()?;
            if let Some(plan) = plan {
                report(plan, &outcome, chunk, self.on_failure.as_ref());
            }
            self.unfinished = None;
        }
        Ok(())
    }
}

/// Refuses device memory whose stream captures: waiting for that stream would draw the run into the capture, which runs
/// nothing, and the results would be those of an earlier run.
fn check_captures<O: Outputs + ?Sized>(
    inputs: &[Input<'_>],
    outputs: &mut O,
) -> Result<(), PipelineError> {
    let check = |stream: &Stream| {
        match stream.is_capturing()? {
        true => Err(PipelineError::Device(DeviceError::Capture {
            reason: "a pipeline was executed on memory whose stream is capturing; end the capture first, or capture the \
                     launches of the plan"
                .to_owned(),
        })),
        false => Ok(()),
    }
    };
    for images in inputs.iter().filter_map(Input::device) {
        check(images.memory().stream())?;
    }
    for output in 0..outputs.count() {
        if let Some(images) = outputs.output(output).device() {
            check(images.memory().stream())?;
        }
    }
    Ok(())
}

/// What is called for each node that failed.
pub(crate) type FailureCallback = Arc<dyn Fn(&NodeFailure) + Send + Sync>;

/// Tells the callback of the nodes that failed, in the order of submission. A panic in it is over with that.
pub(crate) fn report(
    plan: &Compiled,
    outcome: &RunOutcome<'_>,
    chunk: &Chunk,
    callback: Option<&FailureCallback>,
) {
    let Some(callback) = callback else {
        return;
    };
    for failed in outcome.failures() {
        let failure = node_failure(plan, failed, chunk);
        contain_panic("the callback for nodes that fail", || callback(&failure));
    }
}

/// Why a node has no result, if it has none.
pub(crate) fn failure(
    plan: &Compiled,
    outcome: &RunOutcome<'_>,
    node: usize,
    chunk: &Chunk,
) -> Option<NodeFailure> {
    let failed = outcome.failure_behind(NodeId::from_index(node))?;
    Some(node_failure(plan, failed, chunk))
}

fn node_failure(
    plan: &Compiled,
    failed: &pixelflume_scheduler::NodeFailure,
    chunk: &Chunk,
) -> NodeFailure {
    let nodes = plan.pipeline().nodes();
    let index = failed.node.index();
    let fused = match plan.fusion().members(&index) {
        [_] => &[],
        members => members,
    };
    NodeFailure {
        pipeline: plan.pipeline().name().to_owned(),
        node: nodes[index].name().to_owned(),
        operator: nodes[index].operator().kind(),
        fused: fused
            .iter()
            .map(|&node| nodes[node].name().to_owned())
            .collect(),
        batch: chunk.batch,
        frames: chunk.frames.clone(),
        cause: Box::new(failed.cause.clone()),
    }
}
