//! Executing a batch and waiting for its results.

use crate::error::PipelineError;
use crate::lane::Lane;
use crate::lane::enqueue::StagingOf;
use crate::lane::failures::FinishedRun;
use crate::lane::run_inputs::RunInputs;
use crate::lane::staging::{Chunk, Staging};
use crate::lane::submit::drop_tensors;
use crate::outputs::Outputs;
use crate::results::Execution;
use pixelflume_memory::MemoryManager;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

impl Lane {
    /// Executes the current plan over `frames` frames, in chunks of its capacity where there are more. The caller has checked
    /// the shapes and numbers of inputs; the caller's device memory and the places for outputs are checked here.
    pub(crate) fn execute<O: Outputs + ?Sized>(
        &mut self,
        inputs: RunInputs<'_>,
        frames: usize,
        outputs: &mut O,
    ) -> Result<Execution, PipelineError> {
        let plan = Arc::clone(self.current().shared_plan());
        let (pipeline, nodes) = (plan.pipeline(), &plan.shapes().nodes);
        let shape = |node: usize| nodes[node];
        self.check_batch(pipeline, &shape, inputs, frames, outputs, None)?;
        let capacity = plan.capacity() as usize;
        self.finish_all()?;
        // Before anything is copied to memory that a run may still use which nothing orders.
        self.streams.check_idle()?;
        self.allocate_tensors(pipeline, &shape, frames, outputs, None)?;
        if frames > capacity {
            self.statistics.chunked_runs += 1;
        }
        let mut execution = Execution::new(frames);
        for start in (0..frames).step_by(capacity) {
            let chunk = self.chunk(inputs, start..frames.min(start + capacity));
            let executed = self.execute_chunk(inputs, &chunk, outputs, &mut execution);
            executed.inspect_err(|_| drop_tensors(outputs))?;
        }
        for output in 0..outputs.count() {
            outputs.output(output).truncate(frames);
        }
        Ok(execution)
    }

    /// The next batch, of these frames.
    pub(super) fn chunk(&self, inputs: RunInputs<'_>, frames: Range<usize>) -> Chunk {
        Chunk {
            batch: self.first_batch + self.statistics.batches,
            numbers: inputs.numbers_of(&frames),
            frames,
        }
    }

    fn execute_chunk<O: Outputs + ?Sized>(
        &mut self,
        inputs: RunInputs<'_>,
        chunk: &Chunk,
        outputs: &mut O,
        execution: &mut Execution,
    ) -> Result<(), PipelineError> {
        let start = Instant::now();
        let main = self.streams.main().clone();
        let behind = self.enqueue(inputs, chunk, outputs, &main, StagingOf::Lane)?;
        let Lane {
            streams,
            staging,
            statistics,
            on_failure,
            memory,
            ..
        } = self;
        statistics.submit_time += start.elapsed();
        let finished = streams.finish()?;
        let finished = finished.expect("the run was submitted above");
        finished.report(on_failure.as_ref());
        behind?;

        statistics.batches += 1;
        statistics.frames += chunk.frames.len() as u64;
        statistics.node_launches += finished.executed_nodes() as u64;
        statistics.node_failures += finished.failed_nodes() as u64;
        execution.batches += 1;
        collect(staging, &finished, outputs, memory, execution)
    }
}

/// Puts the results of a run into their places, and notes which outputs failed.
fn collect<O: Outputs + ?Sized>(
    staging: &Staging,
    finished: &FinishedRun<'_>,
    outputs: &mut O,
    memory: &MemoryManager,
    execution: &mut Execution,
) -> Result<(), PipelineError> {
    for output in 0..outputs.count() {
        if execution.failure(output).is_some() {
            continue;
        }
        match finished.failure(output) {
            Some(failure) => execution.fail(output, failure),
            None if outputs.output(output).is_copied() => {
                let target = outputs.output(output);
                staging.collect(finished.plan, output, &finished.chunk, target, memory)?;
            }
            None => {}
        }
    }
    Ok(())
}
