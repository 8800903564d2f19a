//! Checks of an execution before anything of it runs.

use crate::PipelineError;
use crate::compiled::Compiled;
use crate::io::{Input, Outputs};
use pixelflume_device::{Device, Stream};
use pixelflume_graph::text::{Listed, Shown};

/// Checks the places for outputs, and that the caller's device memory is usable.
pub(crate) fn check<O: Outputs + ?Sized>(
    plan: &Compiled,
    device: &Device,
    inputs: &[Input<'_>],
    frames: usize,
    outputs: &mut O,
) -> Result<(), PipelineError> {
    let pipeline = plan.pipeline();
    let nodes = pipeline.output_nodes();
    if outputs.count() != nodes.len() {
        return Err(PipelineError::OutputCount {
            pipeline: pipeline.name().to_owned(),
            expected: nodes.len(),
            names: Listed::new(pipeline.outputs()).to_string(),
            got: outputs.count(),
        });
    }
    let input_name = |index| pipeline.inputs().nth(index).unwrap_or_default();
    let output_name = |index: usize| pipeline.nodes()[nodes[index]].name();
    for (index, input) in inputs.iter().enumerate() {
        if let Some(images) = input.device() {
            check_device(device, images.memory().stream(), || {
                format!("input \"{}\"", Shown(input_name(index)))
            })?;
        }
    }
    for (index, &node) in nodes.iter().enumerate() {
        let output = outputs.output(index);
        output.check(output_name(index), plan.shapes().nodes[node], frames)?;
        if let Some(images) = output.device() {
            check_device(device, images.memory().stream(), || {
                format!("output \"{}\"", Shown(output_name(index)))
            })?;
        }
    }
    Ok(())
}

fn check_device(
    own: &Device,
    of_memory: &Stream,
    owner: impl Fn() -> String,
) -> Result<(), PipelineError> {
    let device = of_memory.device();
    if device.id() == own.id() {
        return Ok(());
    }
    Err(PipelineError::ForeignMemory {
        owner: owner(),
        expected: own.to_string(),
        got: device.to_string(),
    })
}
