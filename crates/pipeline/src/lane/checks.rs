//! Checks of the caller's places and device memory, before anything of an execution runs.

use crate::error::PipelineError;
use crate::image::device::DeviceImages;
use crate::lane::Lane;
use crate::lane::run_inputs::RunInputs;
use crate::outputs::{Output, Outputs};
use crate::pipeline::Pipeline;
use pixelflume_device::{Device, DeviceError, Stream};
use pixelflume_graph::text::{Listed, Shown};
use pixelflume_memory::Owner;
use pixelflume_ops::ImageShape;

impl Lane {
    /// Checks all that a call is given, before anything of it runs: inputs, and the places for outputs of these shapes, by node. A
    /// call that does not wait has a stream to be submitted on.
    pub(crate) fn check_batch<O: Outputs + ?Sized>(
        &self,
        pipeline: &Pipeline,
        shape: &dyn Fn(usize) -> ImageShape,
        inputs: RunInputs<'_>,
        frames: usize,
        outputs: &mut O,
        on: Option<&Stream>,
    ) -> Result<(), PipelineError> {
        self.device().check_process()?;
        if let Some(on) = on {
            check_stream(self.device(), on)?;
        }
        check(pipeline, shape, self.device(), inputs, frames, outputs)?;
        if on.is_some() {
            check_owners(pipeline, inputs, frames, outputs)?;
        }
        check_overlaps(pipeline, inputs, frames, outputs)?;
        check_captures(on, inputs, frames, outputs)
    }
}

/// Checks the places for outputs, and the device memory of the caller.
pub(crate) fn check<O: Outputs + ?Sized>(
    pipeline: &Pipeline,
    shape: &dyn Fn(usize) -> ImageShape,
    device: &Device,
    inputs: RunInputs<'_>,
    frames: usize,
    outputs: &mut O,
) -> Result<(), PipelineError> {
    let nodes = pipeline.output_nodes();
    if outputs.count() != nodes.len() {
        return Err(PipelineError::OutputCount {
            pipeline: pipeline.name().to_owned(),
            expected: nodes.len(),
            names: Listed::new(pipeline.outputs()).to_string(),
            got: outputs.count(),
        });
    }
    for (images, name) in given_devices(pipeline, inputs, frames) {
        check_device(device, images.memory().stream(), || name.text())?;
    }
    for (index, &node) in nodes.iter().enumerate() {
        let output = outputs.output(index);
        output.check(output_name(pipeline, index), shape(node), frames)?;
        // A tensor that is there already is replaced.
        if let Output::Device(images) = &output {
            check_device(device, images.memory().stream(), || {
                output_text(pipeline, index)
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
fn check_stream(own: &Device, on: &Stream) -> Result<(), PipelineError> {
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
fn check_captures<O: Outputs + ?Sized>(
    on: Option<&Stream>,
    inputs: RunInputs<'_>,
    frames: usize,
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
    // Images of a list mostly have one stream.
    let mut last = None;
    for images in inputs.devices(0..frames) {
        let stream = images.memory().stream();
        if last != Some(stream.id()) && other(stream) {
            check(stream)?;
        }
        last = Some(stream.id());
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
fn check_owners<O: Outputs + ?Sized>(
    pipeline: &Pipeline,
    inputs: RunInputs<'_>,
    frames: usize,
    outputs: &mut O,
) -> Result<(), PipelineError> {
    for (images, name) in given_devices(pipeline, inputs, frames) {
        if matches!(images.memory().owner(), Owner::Caller) {
            return Err(PipelineError::OnlyBorrowed { owner: name.text() });
        }
    }
    for index in 0..outputs.count() {
        match outputs.output(index) {
            Output::Images(_) | Output::Batch(_) => {
                return Err(PipelineError::OrdinaryOutput {
                    output: output_name(pipeline, index).to_owned(),
                });
            }
            Output::Device(images) if matches!(images.memory().owner(), Owner::Caller) => {
                return Err(PipelineError::OnlyBorrowed {
                    owner: output_text(pipeline, index),
                });
            }
            Output::Device(_) | Output::Tensor(_) | Output::Discard => {}
        }
    }
    Ok(())
}

/// Refuses outputs that share bytes with an input or with another output.
fn check_overlaps<O: Outputs + ?Sized>(
    pipeline: &Pipeline,
    inputs: RunInputs<'_>,
    frames: usize,
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
        let mut devices = given_devices(pipeline, inputs, frames);
        if let Some((_, input)) = devices.find(|(images, _)| shares(images)) {
            return Err(PipelineError::SharedMemory {
                output: output_name(pipeline, index).to_owned(),
                other: input.text(),
            });
        }
        for other in 0..index {
            if let Output::Device(images) = outputs.output(other)
                && layout.shares_bytes(base, images.layout(), images.memory().address())
            {
                return Err(PipelineError::SharedMemory {
                    output: output_name(pipeline, index).to_owned(),
                    other: output_text(pipeline, other),
                });
            }
        }
    }
    Ok(())
}

fn output_name(pipeline: &Pipeline, index: usize) -> &str {
    pipeline.nodes()[pipeline.output_nodes()[index]].name()
}

/// An input of a pipeline, for errors.
#[derive(Copy, Clone)]
struct InputName<'a>(&'a Pipeline, usize);

impl InputName<'_> {
    fn text(self) -> String {
        let name = self.0.inputs().nth(self.1).unwrap_or_default();
        format!("input \"{}\"", Shown(name))
    }
}

/// The caller's images in device memory, with the names of their inputs.
fn given_devices<'a>(
    pipeline: &'a Pipeline,
    inputs: RunInputs<'a>,
    frames: usize,
) -> impl Iterator<Item = (&'a DeviceImages<'a>, InputName<'a>)> {
    let bound = inputs.bound.iter().enumerate();
    let bound = bound.flat_map(move |(index, input)| {
        let name = InputName(pipeline, index);
        let images = input.devices(0..frames).iter();
        images.map(move |images| (images, name))
    });
    let described = inputs.described.into_iter().flat_map(move |described| {
        described.inputs().flat_map(move |(index, input)| {
            let name = InputName(described.pipeline, index);
            input
                .devices(0..frames)
                .iter()
                .map(move |images| (images, name))
        })
    });
    bound.chain(described)
}

fn output_text(pipeline: &Pipeline, index: usize) -> String {
    format!("output \"{}\"", Shown(output_name(pipeline, index)))
}
