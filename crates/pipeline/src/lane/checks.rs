//! Checks of the caller's places and device memory, before anything of an execution runs.

use crate::error::PipelineError;
use crate::inputs::Input;
use crate::outputs::Outputs;
use crate::plan::PipelinePlan;
use pixelflume_device::{Device, DeviceError, Stream};
use pixelflume_graph::text::{Listed, Shown};

/// Checks the places for outputs, and the device memory of the caller.
pub(crate) fn check<O: Outputs + ?Sized>(
    plan: &PipelinePlan,
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

/// Refuses device memory whose stream is capturing: a wait for that stream would make the run a part of the capture,
/// which runs nothing, so that the results would be those of an earlier run.
pub(super) fn check_captures<O: Outputs + ?Sized>(
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
