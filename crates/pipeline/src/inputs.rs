//! What goes into an execution and what comes out of it, wherever it lies.

use crate::{
    BatchView, BatchViewMut, DeviceImages, DeviceImagesMut, Image, ImageView, PipelineError,
};
use pixelflume_ops::ImageShape;
use std::ops::Range;

/// The frames of one input of a pipeline.
#[derive(Copy, Clone, Debug)]
pub enum Input<'a> {
    /// Whole images, one per frame, all of one shape.
    Images(&'a [&'a Image]),
    /// Images with padding, or parts of images, one per frame, all of one shape.
    Views(&'a [ImageView<'a>]),
    /// Frames in one piece of ordinary memory.
    Batch(BatchView<'a>),
    /// Frames in device memory, which are read in place.
    Device(DeviceImages<'a>),
}

impl Input<'_> {
    /// How many frames there are.
    pub fn frames(&self) -> usize {
        match self {
            Input::Images(images) => images.len(),
            Input::Views(views) => views.len(),
            Input::Batch(batch) => batch.layout().batch(),
            Input::Device(images) => images.layout().batch(),
        }
    }

    /// The shape of frame `frame`, which there is.
    fn shape_of(&self, frame: usize) -> ImageShape {
        match self {
            Input::Images(images) => images[frame].shape(),
            Input::Views(views) => views[frame].shape(),
            Input::Batch(batch) => batch.layout().shape(),
            Input::Device(images) => images.layout().shape(),
        }
    }

    /// The shape of all frames of the input of this name.
    pub(crate) fn shape(&self, name: &str) -> Result<ImageShape, PipelineError> {
        let frames = self.frames();
        if frames == 0 {
            return Err(PipelineError::NoFrames);
        }
        let expected = self.shape_of(0);
        let shapes = match self {
            Input::Images(_) | Input::Views(_) => 1..frames,
            Input::Batch(_) | Input::Device(_) => 1..1,
        };
        for frame in shapes {
            let got = self.shape_of(frame);
            if got != expected {
                return Err(PipelineError::FrameShape {
                    input: name.to_owned(),
                    frame,
                    expected,
                    got,
                });
            }
        }
        Ok(expected)
    }

    /// Copies some frames without padding to `target`, which has just the room. Frames in device memory stay there.
    pub(crate) fn pack(&self, frames: Range<usize>, target: &mut [u8]) {
        match self {
            Input::Images(images) => {
                let images = &images[frames];
                let bytes = target.len() / images.len();
                for (image, target) in images.iter().zip(target.chunks_exact_mut(bytes)) {
                    target.copy_from_slice(image.data());
                }
            }
            Input::Views(views) => {
                let views = &views[frames];
                let bytes = target.len() / views.len();
                for (view, target) in views.iter().zip(target.chunks_exact_mut(bytes)) {
                    view.pack(target);
                }
            }
            Input::Batch(batch) => batch.pack(frames, target),
            Input::Device(_) => {}
        }
    }

    /// The device memory, for frames that lie there.
    pub(crate) fn device(&self) -> Option<&DeviceImages<'_>> {
        match self {
            Input::Device(images) => Some(images),
            _ => None,
        }
    }
}

/// Where the results of one output of a pipeline go.
#[derive(Debug)]
pub enum Output<'a> {
    /// One image per frame. Images that are there are reused with their memory; others are added, surplus ones dropped.
    Images(&'a mut Vec<Image>),
    /// Room for all frames in ordinary memory.
    Batch(BatchViewMut<'a>),
    /// Room for all frames in device memory, which the node writes in place.
    Device(DeviceImagesMut<'a>),
    /// Nowhere: the output is computed and not copied.
    Discard,
}

impl Output<'_> {
    /// The same for a shorter time.
    pub(crate) fn reborrow(&mut self) -> Output<'_> {
        match self {
            Output::Images(images) => Output::Images(images),
            Output::Batch(batch) => Output::Batch(batch.reborrow()),
            Output::Device(images) => Output::Device(images.reborrow()),
            Output::Discard => Output::Discard,
        }
    }

    /// The device memory, for results that go there.
    pub(crate) fn device(&self) -> Option<&DeviceImagesMut<'_>> {
        match self {
            Output::Device(images) => Some(images),
            _ => None,
        }
    }

    /// Whether the results are copied from the device.
    pub(crate) fn is_copied(&self) -> bool {
        matches!(self, Output::Images(_) | Output::Batch(_))
    }

    /// Takes frames in, which lie without padding in `source` and are the frames from `first` on.
    pub(crate) fn unpack(&mut self, shape: ImageShape, first: usize, source: &[u8]) {
        match self {
            Output::Images(images) => {
                for (index, frame) in source.chunks_exact(shape.bytes()).enumerate() {
                    if images.len() <= first + index {
                        images.push(Image::zeros(shape));
                    }
                    let image = &mut images[first + index];
                    image.reshape(shape);
                    image.data_mut().copy_from_slice(frame);
                }
            }
            Output::Batch(batch) => batch.unpack(first, source),
            Output::Device(_) | Output::Discard => {}
        }
    }

    /// Drops what is there from frame `frames` on.
    pub(crate) fn truncate(&mut self, frames: usize) {
        if let Output::Images(images) = self {
            images.truncate(frames);
        }
    }

    /// Checks that there is room for just these frames.
    pub(crate) fn check(
        &self,
        name: &str,
        shape: ImageShape,
        frames: usize,
    ) -> Result<(), PipelineError> {
        let layout = match self {
            Output::Images(_) | Output::Discard => return Ok(()),
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
    /// The place of an output. None of it is lost when it is dropped.
    fn output(&mut self, index: usize) -> Output<'_>;
}

impl Outputs for [Output<'_>] {
    fn count(&self) -> usize {
        self.len()
    }

    fn output(&mut self, index: usize) -> Output<'_> {
        self[index].reborrow()
    }
}
