//! Checks of the caller's places and device memory, before anything of an execution runs.

use crate::error::PipelineError;
use crate::image::device::DeviceImages;
use crate::inputs::Input;
use crate::outputs::{Output, Outputs};
use crate::plan::PipelinePlan;
use pixelflume_device::{Device, DeviceError, Stream};
use pixelflume_graph::text::{Listed, Shown};
use pixelflume_memory::Owner;

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
    for (index, input) in inputs.iter().enumerate() {
        if let Some(images) = input.device() {
            check_device(device, images.memory().stream(), || input_text(plan, index))?;
        }
    }
    for (index, &node) in nodes.iter().enumerate() {
        let output = outputs.output(index);
        output.check(output_name(plan, index), plan.shapes().nodes[node], frames)?;
        // A tensor that is there already is replaced.
        if let Output::Device(images) = &output {
            check_device(device, images.memory().stream(), || {
                output_text(plan, index)
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

/// Refuses to put work into a stream of another device.
pub(super) fn check_stream(own: &Device, on: &Stream) -> Result<(), PipelineError> {
    let device = on.device();
    if device.id() == own.id() {
        return Ok(());
    }
    Err(PipelineError::ForeignStream {
        expected: own.to_string(),
        got: device.to_string(),
    })
}

/// Refuses streams that are capturing: that of the batch, and those of the caller's device memory. A wait for such a stream
/// would make the run a part of the capture, which runs nothing, so that the results would be those of an earlier run.
pub(super) fn check_captures<O: Outputs + ?Sized>(
    on: Option<&Stream>,
    inputs: &[Input<'_>],
    outputs: &mut O,
) -> Result<(), PipelineError> {
    const REASON: &str = "a pipeline was executed on a stream, or on memory of a stream, that is capturing; end the capture \
        first, or capture the launches of the plan";
    let check = |stream: &Stream| match stream.is_capturing()? {
        true => Err(PipelineError::Device(DeviceError::Capture {
            reason: REASON.to_owned(),
        })),
        false => Ok(()),
    };
    // Each question is a call of the driver.
    let other = |stream: &Stream| on.is_none_or(|on| on.id() != stream.id());
    on.map_or(Ok(()), check)?;
    for images in inputs.iter().filter_map(Input::device) {
        if other(images.memory().stream()) {
            check(images.memory().stream())?;
        }
    }
    for output in 0..outputs.count() {
        // A tensor that is there already is replaced.
        if let Output::Device(images) = outputs.output(output)
            && other(images.memory().stream())
        {
            check(images.memory().stream())?;
        }
    }
    Ok(())
}

/// Refuses what a call that does not wait cannot take: memory that is borrowed for the call alone, and places in ordinary
/// memory.
pub(super) fn check_owners<O: Outputs + ?Sized>(
    plan: &PipelinePlan,
    inputs: &[Input<'_>],
    outputs: &mut O,
) -> Result<(), PipelineError> {
    for (index, input) in inputs.iter().enumerate() {
        if let Some(images) = input.device()
            && matches!(images.memory().owner(), Owner::Caller)
        {
            return Err(PipelineError::OnlyBorrowed {
                owner: input_text(plan, index),
            });
        }
    }
    for index in 0..outputs.count() {
        match outputs.output(index) {
            Output::Images(_) | Output::Batch(_) => {
                return Err(PipelineError::OrdinaryOutput {
                    output: output_name(plan, index).to_owned(),
                });
            }
            Output::Device(images) if matches!(images.memory().owner(), Owner::Caller) => {
                return Err(PipelineError::OnlyBorrowed {
                    owner: output_text(plan, index),
                });
            }
            Output::Device(_) | Output::Tensor(_) | Output::Discard => {}
        }
    }
    Ok(())
}

/// Refuses outputs that share bytes with an input or with another output.
pub(super) fn check_overlaps<O: Outputs + ?Sized>(
    plan: &PipelinePlan,
    inputs: &[Input<'_>],
    outputs: &mut O,
) -> Result<(), PipelineError> {
    for index in 0..outputs.count() {
        // Only places of the caller can: a tensor has memory of its own.
        let Output::Device(images) = outputs.output(index) else {
            continue;
        };
        let (base, layout) = (images.memory().address(), images.layout());
        let shares = |other: &DeviceImages<'_>| {
            layout.shares_bytes(base, other.layout(), other.memory().address())
        };
        let mut devices = inputs.iter().map(Input::device);
        let input = devices.position(|input| input.is_some_and(shares));
        if let Some(input) = input {
            return Err(PipelineError::SharedMemory {
                output: output_name(plan, index).to_owned(),
                other: input_text(plan, input),
            });
        }
        for other in 0..index {
            if let Output::Device(images) = outputs.output(other)
                && layout.shares_bytes(base, images.layout(), images.memory().address())
            {
                return Err(PipelineError::SharedMemory {
                    output: output_name(plan, index).to_owned(),
                    other: output_text(plan, other),
                });
            }
        }
    }
    Ok(())
}

fn output_name(plan: &PipelinePlan, index: usize) -> &str {
    let pipeline = plan.pipeline();
    pipeline.nodes()[pipeline.output_nodes()[index]].name()
}

fn input_text(plan: &PipelinePlan, index: usize) -> String {
    let name = plan.pipeline().inputs().nth(index).unwrap_or_default();
    format!("input \"{}\"", Shown(name))
}

fn output_text(plan: &PipelinePlan, index: usize) -> String {
    format!("output \"{}\"", Shown(output_name(plan, index)))
}
