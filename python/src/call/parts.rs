//! Parts of a batch: groups of its images, for outputs whose images have several sizes.

use crate::errors::Exception;
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::{DeviceImages, Image, ImageView, Input};

/// The shape of a frame that exists; `None` of a file, which is not known before it is decoded.
pub(crate) fn shape_of(input: &Input<'_>, frame: usize) -> Option<ImageShape> {
    Some(match input {
        Input::Images(images) => images[frame].shape(),
        Input::Views(views) => views[frame].shape(),
        Input::Batch(batch) => batch.layout().shape(),
        Input::Device(images) => images.layout().shape(),
        Input::DeviceList(images) => images[frame].layout().shape(),
        Input::Encoded(_) => return None,
    })
}

/// Groups of the indices of `frames` frames, in order of their first: frames whose images have equal shapes in all inputs, or each
/// frame apart where the pipeline does not do the same to all. Files, of which no shape is known, are apart.
pub(crate) fn groups(inputs: &[Input<'_>], frames: usize, apart: bool) -> Vec<Vec<usize>> {
    if apart {
        return (0..frames).map(|frame| vec![frame]).collect();
    }
    let mut groups: Vec<(Option<Vec<ImageShape>>, Vec<usize>)> = Vec::new();
    for frame in 0..frames {
        let shapes = inputs.iter().map(|input| shape_of(input, frame));
        let shapes: Option<Vec<ImageShape>> = shapes.collect();
        let mut known = groups.iter_mut();
        match known.find(|(of, _)| shapes.is_some() && *of == shapes) {
            Some((_, group)) => group.push(frame),
            None => groups.push((shapes, vec![frame])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Some frames of an input.
pub(crate) enum Picked<'a> {
    Images(Vec<&'a Image>),
    Views(Vec<ImageView<'a>>),
    /// One image each.
    Device(Vec<DeviceImages<'a>>),
    Encoded(Vec<&'a [u8]>),
}

impl<'a> Picked<'a> {
    /// The frames with these indices, which exist.
    pub(crate) fn new(input: &Input<'a>, frames: &[usize]) -> Result<Self, Exception> {
        let frames = frames.iter().copied();
        Ok(match *input {
            Input::Images(images) => Picked::Images(frames.map(|frame| images[frame]).collect()),
            Input::Views(views) => Picked::Views(frames.map(|frame| views[frame]).collect()),
            Input::Batch(batch) => {
                let views: Result<_, _> = frames.map(|frame| batch.frame(frame)).collect();
                Picked::Views(views?)
            }
            Input::Device(images) => {
                let parts: Result<_, _> = frames
                    .map(|frame| images.frames(frame..frame + 1))
                    .collect();
                Picked::Device(parts?)
            }
            Input::DeviceList(images) => {
                Picked::Device(frames.map(|frame| images[frame]).collect())
            }
            Input::Encoded(files) => Picked::Encoded(frames.map(|frame| files[frame]).collect()),
        })
    }

    /// The frames as an input.
    pub(crate) fn input(&self) -> Input<'_> {
        match self {
            Picked::Images(images) => Input::Images(images),
            Picked::Views(views) => Input::Views(views),
            Picked::Encoded(files) => Input::Encoded(files),
            Picked::Device(images) => match images.as_slice() {
                [one] => Input::Device(*one),
                several => Input::DeviceList(several),
            },
        }
    }
}
