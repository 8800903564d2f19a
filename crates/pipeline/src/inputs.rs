//! Inputs: the frames of an execution, in ordinary or device memory.

use crate::error::PipelineError;
use crate::image::Image;
use crate::image::device::DeviceImages;
use crate::image::rows::{CopyBytes, by_image, bytes_of};
use crate::image::view::{BatchView, ImageView};
use pixelflume_ops::ImageShape;
use std::ops::Range;

/// The frames of one input of a pipeline.
#[derive(Copy, Clone, Debug)]
pub enum Input<'a> {
    /// Whole images, one per frame, all of one shape.
    Images(&'a [&'a Image]),
    /// Images with padding, or parts of images, one per frame, all of one shape.
    Views(&'a [ImageView<'a>]),
    /// Frames in one slice of ordinary memory.
    Batch(BatchView<'a>),
    /// Frames in device memory, which are read in place.
    Device(DeviceImages<'a>),
}

impl Input<'_> {
    /// The number of frames.
    pub fn frames(&self) -> usize {
        match self {
            Input::Images(images) => images.len(),
            Input::Views(views) => views.len(),
            Input::Batch(batch) => batch.layout().batch(),
            Input::Device(images) => images.layout().batch(),
        }
    }

    /// The shape of a frame that exists.
    fn shape_of(&self, frame: usize) -> ImageShape {
        match self {
            Input::Images(images) => images[frame].shape(),
            Input::Views(views) => views[frame].shape(),
            Input::Batch(batch) => batch.layout().shape(),
            Input::Device(images) => images.layout().shape(),
        }
    }

    /// The common shape of all frames of the input of this name.
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

    /// Copies some rows, counted over all frames, without padding to `target`, which has exactly their size, by calls of `copy`.
    /// Rows in device memory are not copied.
    pub(crate) fn pack(&self, rows: Range<usize>, target: &mut [u8], copy: CopyBytes) {
        if let Input::Batch(batch) = self {
            return batch.pack(rows, target, copy);
        }
        let shape = match self {
            Input::Device(_) | Input::Batch(_) => return,
            Input::Images(_) | Input::Views(_) => self.shape_of(0),
        };
        let mut target = target;
        for (frame, rows) in by_image(rows, shape.rows()) {
            let bytes = bytes_of(&rows, shape);
            let (own, rest) = target.split_at_mut(bytes.len());
            target = rest;
            match self {
                Input::Images(images) => copy(own, &images[frame].data()[bytes]),
                Input::Views(views) => views[frame].pack(rows, own, copy),
                Input::Batch(_) | Input::Device(_) => {}
            }
        }
    }

    /// The device memory; `None` for frames in ordinary memory.
    pub(crate) fn device(&self) -> Option<&DeviceImages<'_>> {
        match self {
            Input::Device(images) => Some(images),
            _ => None,
        }
    }
}
