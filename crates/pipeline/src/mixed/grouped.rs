//! Execution in groups: the images of one shape to which every node does the same are batches of the plan for that shape.

use crate::error::PipelineError;
use crate::inputs::Input;
use crate::lane::Lane;
use crate::lane::run_inputs::RunInputs;
use crate::lane::submit::{Submitted, drop_tensors};
use crate::mixed::MixedBatch;
use crate::mixed::groups::{Group, groups};
use crate::mixed::places::{PartPlace, Picked, check_shapes, make_room, parts, put};
use crate::outputs::Output;
use crate::results::Execution;
use pixelflume_device::Stream;

/// Executes a batch in groups on the lane of its pipeline, and waits for the results.
pub(crate) fn execute(
    lane: &mut Lane,
    batch: MixedBatch<'_>,
    outputs: &mut [Output<'_>],
    most: u32,
) -> Result<Execution, PipelineError> {
    let mut execution = Execution::new(batch.frames);
    in_parts(
        lane,
        batch,
        outputs,
        None,
        most,
        |lane, inputs, frames, outputs| {
            execution.merge(lane.execute(inputs, frames, outputs)?);
            Ok(())
        },
    )?;
    Ok(execution)
}

/// Submits a batch in groups on the lane of its pipeline, and waits for nothing but what
/// [`Runner::submit`](crate::Runner::submit) waits for.
pub(crate) fn submit(
    lane: &mut Lane,
    batch: MixedBatch<'_>,
    outputs: &mut [Output<'_>],
    on: &Stream,
    most: u32,
) -> Result<Submitted, PipelineError> {
    let mut all: Option<Submitted> = None;
    let submitted = in_parts(
        lane,
        batch,
        outputs,
        Some(on),
        most,
        |lane, inputs, frames, outputs| {
            let part = lane.submit(inputs, frames, outputs, on)?;
            match &mut all {
                Some(all) => all.rest.extend([part.first].into_iter().chain(part.rest)),
                None => all = Some(part),
            }
            Ok(())
        },
    );
    // The batches before it have no one else to wait for them.
    submitted.inspect_err(|_| drop(lane.finish_all()))?;
    Ok(all.expect("a batch has frames"))
}

/// Calls `run` for each part of each group, with the plan for the group selected.
fn in_parts(
    lane: &mut Lane,
    batch: MixedBatch<'_>,
    outputs: &mut [Output<'_>],
    on: Option<&Stream>,
    most: u32,
    mut run: impl FnMut(&mut Lane, RunInputs<'_>, usize, &mut [Output<'_>]) -> Result<(), PipelineError>,
) -> Result<(), PipelineError> {
    let (pipeline, given, frames) = (batch.pipeline, batch.given, batch.frames);
    let groups = groups(&batch, |inputs| {
        lane.plans.shapes_of(pipeline, inputs).cloned()
    })?;
    check_shapes(pipeline, &groups, outputs)?;
    let first = &groups[0];
    let shape = |node: usize| first.shapes.nodes[node];
    // All of the batch is checked before any of it runs.
    lane.check_batch(pipeline, &shape, given.into(), frames, outputs, on)?;
    lane.allocate_tensors(pipeline, &shape, frames, outputs, on)?;
    for output in &mut *outputs {
        make_room(output, frames);
    }
    let all = groups.iter().try_for_each(|group| {
        for part in parts(&group.frames, given, outputs) {
            in_part(lane, group, part, given, outputs, most, &mut run)?;
        }
        Ok(())
    });
    all.inspect_err(|_| drop_tensors(outputs))
}

fn in_part(
    lane: &mut Lane,
    group: &Group,
    part: &[usize],
    given: &[Input<'_>],
    outputs: &mut [Output<'_>],
    most: u32,
    run: &mut impl FnMut(
        &mut Lane,
        RunInputs<'_>,
        usize,
        &mut [Output<'_>],
    ) -> Result<(), PipelineError>,
) -> Result<(), PipelineError> {
    lane.select(&group.pipeline, &group.shapes.inputs, part.len(), most)?;
    let picked: Vec<Picked<'_>> = given.iter().map(|input| Picked::new(input, part)).collect();
    let bound: Vec<Input<'_>> = picked.iter().map(Picked::input).collect();
    let mut places: Vec<PartPlace<'_>> = outputs
        .iter_mut()
        .map(|output| PartPlace::new(output, part))
        .collect();
    let inputs = RunInputs {
        bound: &bound,
        described: None,
        numbers: Some(part),
    };
    let mut part_outputs: Vec<Output<'_>> = places.iter_mut().map(PartPlace::output).collect();
    run(lane, inputs, part.len(), &mut part_outputs)?;
    drop(part_outputs);
    let images: Vec<_> = places.into_iter().map(PartPlace::into_images).collect();
    for (output, images) in outputs.iter_mut().zip(images) {
        put(output, part, images);
    }
    Ok(())
}
