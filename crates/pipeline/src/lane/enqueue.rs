//! Giving a batch to the device: uploads, the run, and what comes behind it.

use crate::error::{PipelineError, leaves_work};
use crate::lane::Lane;
use crate::lane::run_inputs::RunInputs;
use crate::lane::staging::{Chunk, Staging};
use crate::outputs::Outputs;
use crate::plan::bound::BoundPlan;
use pixelflume_device::Stream;
use pixelflume_memory::MemoryManager;

/// The staging memory of a batch.
#[derive(Copy, Clone, Debug)]
pub(super) enum StagingOf {
    /// The lane's own, for a batch that the call waits for.
    Lane,
    /// That of a batch in flight, by its place.
    InFlight(usize),
}

impl Lane {
    /// Gives a batch to the device, behind the present work of `on` and before its later work, and waits for nothing. The
    /// caller has checked inputs and outputs.
    ///
    /// The first error is that of a batch that was not submitted; the second that of work behind a batch that was.
    #[expect(unsafe_code, reason = "runs the plan")]
    pub(super) fn enqueue<O: Outputs + ?Sized>(
        &mut self,
        inputs: RunInputs<'_>,
        chunk: &Chunk,
        outputs: &mut O,
        on: &Stream,
        staging: StagingOf,
    ) -> Result<Result<(), PipelineError>, PipelineError> {
        let Lane {
            streams,
            plans,
            staging: own,
            pixels,
            in_flight_staging,
            on_failure,
            memory,
            has_own_work,
            tables,
            ..
        } = self;
        let staging = match staging {
            StagingOf::Lane => own,
            StagingOf::InFlight(place) => &mut in_flight_staging[place],
        };
        let plan = plans.current_mut();
        let plan = plan.expect("a lane has a plan before it is given frames");
        let batch = streams.unused();
        // Before anything is copied to memory that a batch in flight uses.
        streams.order(on)?;
        if std::mem::replace(has_own_work, true) {
            plan.order_before(on)?;
        }
        for images in inputs.devices(chunk.frames.clone()) {
            batch.keep(&images.memory());
            images.memory().order_before(on)?;
        }
        if let Some(described) = inputs.described {
            staging.send_pixels(pixels, described, chunk, memory, on)?;
            plan.set_described(pixels.access());
        }
        for (index, input) in inputs.bound.iter().enumerate() {
            if let Some(table) = tables.table(index) {
                staging.write_table(plan.plan(), (tables, index, table), input, chunk, memory)?;
            } else if input.device().is_none() {
                staging.send(plan, index, input, chunk, memory, on)?;
            }
        }
        // Behind all of them, since a write waits for the copies of earlier ones.
        for index in 0..inputs.bound.len() {
            if let Some(table) = tables.table(index) {
                staging.upload_table(plan, (index, table), chunk, on)?;
            }
        }
        for output in 0..outputs.count() {
            if let Some(images) = outputs.output(output).device() {
                batch.keep(&images.memory());
                images.memory().order_before(on)?;
            }
        }
        let frames = &chunk.frames;
        let input = |index: usize| match tables.table(index) {
            Some(table) => staging.tables.in_place(table, frames.len()),
            None => Some(inputs.bound[index].device()?.images(frames.clone())),
        };
        let output = |index| Some(outputs.output(index).device()?.images(frames.clone()));
        // SAFETY: the lane keeps plans and streams together, and runs its plans in no other; a plan goes or changes after all
        // batches in flight (`finish_all`), and other uses of its memory are copies on `on`, which is ordered behind the batches
        // in flight above, and work in the order of the main stream that the first run behind it waits for (`has_own_work`). Tables
        // of descriptors that are read in place belong to this batch, and are written again or freed behind the run alone
        // (`end_use`). The addresses in them are those of images in `pixels`, which is used and kept like the memory of the plans,
        // and of the caller's images (`MixedBatch`). The caller's memory is of this device (`check`), and no output overlaps an
        // input or another output (`check_overlaps`). It is borrowed for the call; beyond the call it is memory of a pool, which is reused in the order of its home stream, or
        // memory of another owner, which is kept until the run is complete; or the caller waits (`check_owners`). The work in
        // its streams was ordered before the run above, and they are ordered behind the run below; where that fails, or a part
        // of the run may be left behind, the memory is marked, and not used again before the device has come to rest.
        let run =
            unsafe { streams.run(batch, plan, chunk, on, on_failure.as_ref(), input, output) };
        if run.as_ref().is_err_and(leaves_work) {
            for images in inputs.devices(chunk.frames.clone()) {
                images.memory().mark_unordered();
            }
            pixels.mark_unordered();
            staging.tables.mark_unordered();
            for output in 0..outputs.count() {
                if let Some(images) = outputs.output(output).device() {
                    images.memory().mark_unordered();
                }
            }
        }
        run?;
        // Later runs come behind this one, and so behind all that was there before it.
        *has_own_work = false;
        // All uploads come before the downloads in the stream. Outputs of failed nodes are copied too, and ignored.
        Ok(end_use(staging, plan, memory, inputs, chunk, outputs, on))
    }
}

/// Orders work behind the run: copies of outputs, and later work of the streams of the caller's memory. All of it is tried,
/// whatever fails: the run goes on, and all that it uses must be ordered behind it.
fn end_use<O: Outputs + ?Sized>(
    staging: &mut Staging,
    plan: &BoundPlan,
    memory: &MemoryManager,
    inputs: RunInputs<'_>,
    chunk: &Chunk,
    outputs: &mut O,
    on: &Stream,
) -> Result<(), PipelineError> {
    let mut result = staging.tables.order_after(on).map_err(Into::into);
    for output in 0..outputs.count() {
        let target = outputs.output(output);
        result = result.and(if target.is_copied() {
            staging.download(plan, output, chunk, memory, on)
        } else if let Some(images) = target.device() {
            images.memory().order_after(on).map_err(Into::into)
        } else {
            Ok(())
        });
    }
    for images in inputs.devices(chunk.frames.clone()) {
        result = result.and(images.memory().order_after(on).map_err(Into::into));
    }
    result
}
