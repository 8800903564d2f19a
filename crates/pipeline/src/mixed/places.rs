//! The parts of a group that are executed at once, with their inputs and the places of their outputs.

use crate::error::PipelineError;
use crate::image::device::DeviceImages;
use crate::image::device::DeviceImagesMut;
use crate::inputs::Input;
use crate::mixed::groups::Group;
use crate::outputs::Output;
use crate::pipeline::Pipeline;
use pixelflume_ops::ImageShape;
use pixelflume_ops::image::layout::Spaced;
use pixelflume_ops::image::owned::Image;
use pixelflume_ops::image::view::ImageView;

/// Divides the frames of a group into parts that one run can take: all of them, or, where images are read or written in device
/// memory of the caller, frames at equal distances, and one by one where each image has memory of its own.
pub(crate) fn parts<'f>(
    frames: &'f [usize],
    inputs: &[Input<'_>],
    outputs: &[Output<'_>],
) -> Vec<&'f [usize]> {
    let is_list = |input: &Input<'_>| matches!(input, Input::DeviceList(_));
    if inputs.iter().any(is_list) {
        return frames.chunks(1).collect();
    }
    let in_device = inputs.iter().any(|input| input.device().is_some())
        || outputs
            .iter()
            .any(|output| matches!(output, Output::Device(_) | Output::Tensor(_)));
    if !in_device {
        return vec![frames];
    }
    equal_distances(frames)
}

/// Divides ascending frames into parts at equal distances.
pub(crate) fn equal_distances(frames: &[usize]) -> Vec<&[usize]> {
    let mut parts = Vec::new();
    let mut rest = frames;
    while !rest.is_empty() {
        let step = |at: usize| rest[at] - rest[at - 1];
        let mut count = rest.len().min(2);
        while count < rest.len() && step(count) == step(1) {
            count += 1;
        }
        let (part, behind) = rest.split_at(count);
        parts.push(part);
        rest = behind;
    }
    parts
}

/// The frames of a part, which are at equal distances.
pub(crate) fn spaced(part: &[usize]) -> Spaced {
    Spaced {
        first: part[0],
        step: part.get(1).map_or(1, |second| second - part[0]),
        count: part.len(),
    }
}

/// The frames of one input in a part.
pub(crate) enum Picked<'a> {
    Images(Vec<&'a Image>),
    Views(Vec<ImageView<'a>>),
    Device(DeviceImages<'a>),
}

impl<'a> Picked<'a> {
    pub(crate) fn new(input: &Input<'a>, part: &[usize]) -> Self {
        let frames = part.iter();
        match *input {
            Input::Images(images) => Picked::Images(frames.map(|&frame| images[frame]).collect()),
            Input::Views(views) => Picked::Views(frames.map(|&frame| views[frame]).collect()),
            Input::Batch(batch) => {
                let view = |&frame: &usize| {
                    let view = batch.frame(frame);
                    view.expect("there are as many frames as were counted")
                };
                Picked::Views(frames.map(view).collect())
            }
            Input::Device(images) => Picked::Device(images.spaced(spaced(part))),
            Input::DeviceList(images) => Picked::Device(images[part[0]]),
            #[cfg(feature = "codec")]
            Input::Encoded(_) => unreachable!("files are decoded before a batch is divided"),
        }
    }

    pub(crate) fn input(&self) -> Input<'_> {
        match self {
            Picked::Images(images) => Input::Images(images),
            Picked::Views(views) => Input::Views(views),
            Picked::Device(images) => Input::Device(*images),
        }
    }
}

/// The place of one output of a part.
pub(crate) enum PartPlace<'a> {
    /// Images that go to their places behind the run.
    Images(Vec<Image>),
    Device(DeviceImagesMut<'a>),
    Nothing,
}

impl<'a> PartPlace<'a> {
    /// The place for a part of an output, of which tensors are allocated. Images that are there already are reused.
    pub(crate) fn new(output: &'a mut Output<'_>, part: &[usize]) -> Self {
        match output {
            Output::Images(images) => {
                let take = |&frame: &usize| std::mem::replace(&mut images[frame], empty());
                PartPlace::Images(part.iter().map(take).collect())
            }
            Output::Batch(_) => PartPlace::Images(Vec::new()),
            Output::Device(images) => PartPlace::Device(images.reborrow().spaced(spaced(part))),
            Output::Tensor(tensor) => match tensor {
                Some(tensor) => PartPlace::Device(tensor.images_mut().spaced(spaced(part))),
                None => PartPlace::Nothing,
            },
            Output::Discard => PartPlace::Nothing,
        }
    }

    pub(crate) fn output(&mut self) -> Output<'_> {
        match self {
            PartPlace::Images(images) => Output::Images(images),
            PartPlace::Device(images) => Output::Device(images.reborrow()),
            PartPlace::Nothing => Output::Discard,
        }
    }

    /// The images that a run has put here.
    pub(crate) fn into_images(self) -> Vec<Image> {
        match self {
            PartPlace::Images(images) => images,
            PartPlace::Device(_) | PartPlace::Nothing => Vec::new(),
        }
    }
}

/// Puts the images of a part into their places in an output. There are none for an output elsewhere, or one that failed.
pub(crate) fn put(output: &mut Output<'_>, part: &[usize], images: Vec<Image>) {
    for (&frame, image) in part.iter().zip(images) {
        match output {
            Output::Images(place) => place[frame] = image,
            Output::Batch(_) => {
                let mut rows = output.rows(image.shape(), frame..frame + 1);
                rows.write(image.data());
            }
            Output::Device(_) | Output::Tensor(_) | Output::Discard => {}
        }
    }
}

/// Makes room for images of this many frames, where the output is a list.
pub(crate) fn make_room(output: &mut Output<'_>, frames: usize) {
    if let Output::Images(images) = output {
        images.truncate(frames);
        images.resize_with(frames, empty);
    }
}

fn empty() -> Image {
    Image::zeros(ImageShape::u8(1, 1, 1)).expect("one sample is possible")
}

/// Refuses places in one piece for outputs of several shapes.
pub(crate) fn check_shapes(
    pipeline: &Pipeline,
    groups: &[Group],
    outputs: &[Output<'_>],
) -> Result<(), PipelineError> {
    for (output, &node) in outputs.iter().zip(pipeline.output_nodes()) {
        if let Output::Images(_) | Output::Discard = output {
            continue;
        }
        let shape = |group: &Group| group.shapes.nodes[node];
        let first = &groups[0];
        if let Some(other) = groups.iter().find(|group| shape(group) != shape(first)) {
            return Err(PipelineError::OutputShapes {
                output: pipeline.nodes()[node].name().to_owned(),
                frame: first.frames[0],
                shape: shape(first),
                other_frame: other.frames[0],
                other: shape(other),
            });
        }
    }
    Ok(())
}
