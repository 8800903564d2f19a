//! Executing a batch and waiting for its results.

use crate::error::{PipelineError, leaves_work};
use crate::inputs::Input;
use crate::lane::Lane;
use crate::lane::checks::{check, check_captures};
use crate::lane::failures::FinishedRun;
use crate::lane::staging::{Chunk, Staging};
use crate::outputs::Outputs;
use crate::plan::bound::BoundPlan;
use crate::results::Execution;
use pixelflume_device::Stream;
use pixelflume_memory::MemoryManager;
use std::time::Instant;

impl Lane {
    /// Executes the current plan over `frames` frames, in chunks of its capacity where there are more. The caller has checked
    /// the shapes and numbers of inputs; the caller's device memory and the places for outputs are checked here.
    pub(crate) fn execute<O: Outputs + ?Sized>(
        &mut self,
        inputs: &[Input<'_>],
        frames: usize,
        outputs: &mut O,
    ) -> Result<Execution, PipelineError> {
        let plan = self.current().plan();
        check(plan, self.device(), inputs, frames, outputs)?;
        check_captures(inputs, outputs)?;
        let capacity = plan.capacity() as usize;
        self.finish_leftover()?;
        // Before anything is copied to memory that a run may still use which nothing orders.
        self.streams.check_idle()?;
        if frames > capacity {
            self.statistics.chunked_runs += 1;
        }
        let mut execution = Execution::new(frames);
        for start in (0..frames).step_by(capacity) {
            let chunk = Chunk {
                batch: self.statistics.batches,
                frames: start..frames.min(start + capacity),
            };
            self.execute_chunk(inputs, &chunk, outputs, &mut execution)?;
        }
        for output in 0..outputs.count() {
            outputs.output(output).truncate(frames);
        }
        Ok(execution)
    }

    #[expect(unsafe_code, reason = "runs the plan")]
    fn execute_chunk<O: Outputs + ?Sized>(
        &mut self,
        inputs: &[Input<'_>],
        chunk: &Chunk,
        outputs: &mut O,
        execution: &mut Execution,
    ) -> Result<(), PipelineError> {
        let start = Instant::now();
        let frames = &chunk.frames;
        let Lane {
            streams,
            plans,
            staging,
            statistics,
            on_failure,
            memory,
        } = self;
        let plan = plans.current_mut();
        let plan = plan.expect("a lane has a plan before it is given frames");
        let main = streams.main().clone();
        for (index, input) in inputs.iter().enumerate() {
            match input.device() {
                Some(images) => images.memory().order_before(&main)?,
                None => staging.send(plan, index, input, chunk, memory, &main)?,
            }
        }
        for output in 0..outputs.count() {
            if let Some(images) = outputs.output(output).device() {
                images.memory().order_before(&main)?;
            }
        }
        let input = |index: usize| Some(inputs[index].device()?.images(frames.clone()));
        let output = |index| Some(outputs.output(index).device()?.images(frames.clone()));
        // SAFETY: the lane keeps plans and streams together, and runs one plan at a time: a run that was left unfinished was
        // waited for before (`finish_leftover`). The caller's memory is of this device (`check`) and borrowed beyond this
        // call, the outputs mutably, so that they overlap nothing. The work in its streams was ordered before the run above,
        // and they are ordered behind the run below; where that fails, or a part of the run may be left behind, the memory is
        // marked, and not used again before the device has come to rest.
        let run = unsafe { streams.run(plan, chunk, input, output) };
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
        // All uploads come before the downloads in the main stream. Outputs of failed nodes are copied too, and ignored.
        let copies = end_use(staging, plan, memory, inputs, chunk, outputs, &main);
        statistics.submit_time += start.elapsed();
        let finished = streams.finish(plan.plan())?;
        let finished = finished.expect("the run was submitted above");
        finished.report(on_failure.as_ref());
        copies?;

        statistics.batches += 1;
        statistics.frames += frames.len() as u64;
        statistics.node_launches += finished.executed_nodes() as u64;
        statistics.node_failures += finished.failed_nodes() as u64;
        execution.batches += 1;
        collect(staging, &finished, outputs, memory, execution)
    }
}

/// Orders work after the run on the main stream: copies of outputs, and later work of the streams of the caller's
/// memory. All of it is tried, whatever fails: the run goes on, and all that it uses must be ordered behind it.
fn end_use<O: Outputs + ?Sized>(
    staging: &mut Staging,
    plan: &BoundPlan,
    memory: &MemoryManager,
    inputs: &[Input<'_>],
    chunk: &Chunk,
    outputs: &mut O,
    main: &Stream,
) -> Result<(), PipelineError> {
    let mut result = Ok(());
    for output in 0..outputs.count() {
        let target = outputs.output(output);
        result = result.and(if target.is_copied() {
            staging.download(plan, output, chunk, memory, main)
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
