//! Outputs: the places for the results of an execution, in ordinary or device memory.

use crate::error::PipelineError;
use crate::image::device::{DeviceImages, DeviceImagesMut};
use crate::image::tensor::DeviceTensor;
use crate::outputs::rows::{ImageRows, OutputRows};
use pixelflume_ops::ImageShape;
use pixelflume_ops::image::owned::Image;
use pixelflume_ops::image::view::BatchViewMut;
use std::ops::Range;

pub(crate) mod rows;

/// The place for the results of one output of a pipeline.
#[derive(Debug)]
pub enum Output<'a> {
    /// One image per frame. Images that are there are reused with their memory, missing ones are added, surplus ones
    /// dropped.
    Images(&'a mut Vec<Image>),
    /// A slice of ordinary memory with room for all frames.
    Batch(BatchViewMut<'a>),
    /// Device memory with room for all frames, which the node writes in place.
    Device(DeviceImagesMut<'a>),
    /// Device memory that is allocated for the output and given away: the caller owns the tensor, which outlives plan, runner
    /// and engine. It is there when the call returns. Its stream orders the use of its memory: the one that the batch was
    /// submitted on, or the plan's own where the call waits and where the batch was submitted on the default stream of a thread. What was there before is dropped. After an error there is
    /// no tensor, and the content of a tensor is undefined where a node on which the output depends has failed.
    Tensor(&'a mut Option<DeviceTensor>),
    /// No place: the output is computed and not copied.
    Discard,
}

impl Output<'_> {
    /// The same place for a shorter time.
    pub(crate) fn reborrow(&mut self) -> Output<'_> {
        match self {
            Output::Images(images) => Output::Images(images),
            Output::Batch(batch) => Output::Batch(batch.reborrow()),
            Output::Device(images) => Output::Device(images.reborrow()),
            Output::Tensor(tensor) => Output::Tensor(tensor),
            Output::Discard => Output::Discard,
        }
    }

    /// The device memory; `None` for results that go elsewhere.
    pub(crate) fn device(&self) -> Option<DeviceImages<'_>> {
        match self {
            Output::Device(images) => Some(images.as_images()),
            Output::Tensor(tensor) => tensor.as_ref().map(DeviceTensor::images),
            _ => None,
        }
    }

    /// Whether the results are copied from the device.
    pub(crate) fn is_copied(&self) -> bool {
        matches!(self, Output::Images(_) | Output::Batch(_))
    }

    /// The rows of the frames `frames`, which have this shape, in this place. Images that are missing are added; their
    /// memory is not touched before it is written.
    pub(crate) fn rows(&mut self, shape: ImageShape, frames: Range<usize>) -> OutputRows<'_> {
        match self {
            Output::Images(images) => {
                for frame in frames.clone() {
                    let made = match images.get_mut(frame) {
                        Some(image) => image.reshape(shape),
                        None => Image::zeros(shape).map(|image| images.push(image)),
                    };
                    made.expect("a plan has checked the shape of its output");
                }
                OutputRows::Images(ImageRows::new(shape, &mut images[frames]))
            }
            Output::Batch(batch) => OutputRows::Batch(
                batch.rows(frames.start * shape.rows()..frames.end * shape.rows()),
            ),
            Output::Device(_) | Output::Tensor(_) | Output::Discard => OutputRows::Nothing,
        }
    }

    /// Drops the images from frame `frames` on.
    pub(crate) fn truncate(&mut self, frames: usize) {
        if let Output::Images(images) = self {
            images.truncate(frames);
        }
    }

    /// Checks that there is room for exactly these frames.
    pub(crate) fn check(
        &self,
        name: &str,
        shape: ImageShape,
        frames: usize,
    ) -> Result<(), PipelineError> {
        let layout = match self {
            Output::Images(_) | Output::Tensor(_) | Output::Discard => return Ok(()),
            Output::Batch(batch) => batch.layout(),
            Output::Device(images) => images.layout(),
        };
        if layout.shape() == shape && layout.batch() == frames {
            return Ok(());
        }
        Err(PipelineError::OutputRoom {
            output: name.to_owned(),
            shape,
            frames,
            got: layout.shape(),
            got_frames: layout.batch(),
        })
    }
}

/// The places for all outputs of a pipeline, in its order.
pub(crate) trait Outputs {
    fn count(&self) -> usize;
    /// The place of an output. Dropping it loses nothing.
    fn output(&mut self, index: usize) -> Output<'_>;
    /// All places.
    fn all(&mut self) -> Vec<Output<'_>>;
}

impl Outputs for [Output<'_>] {
    fn count(&self) -> usize {
        self.len()
    }

    fn output(&mut self, index: usize) -> Output<'_> {
        self[index].reborrow()
    }

    fn all(&mut self) -> Vec<Output<'_>> {
        self.iter_mut().map(Output::reborrow).collect()
    }
}
