//! Inputs: the frames of an execution, in ordinary or device memory.

use crate::error::PipelineError;
use crate::image::device::DeviceImages;
use pixelflume_device::Address;
use pixelflume_ops::ImageShape;
use pixelflume_ops::image::owned::Image;
use pixelflume_ops::image::rows::{CopyBytes, by_image, bytes_of};
use pixelflume_ops::image::view::{BatchView, ImageView};
use std::ops::Range;

/// The frames of one input of a pipeline.
#[derive(Copy, Clone, Debug)]
pub enum Input<'a> {
    /// Whole images, one per frame. A [`Runner`](crate::Runner) takes images of several shapes.
    Images(&'a [&'a Image]),
    /// Images with padding, or parts of images, one per frame. A [`Runner`](crate::Runner) takes images of several shapes.
    Views(&'a [ImageView<'a>]),
    /// Frames in one slice of ordinary memory.
    Batch(BatchView<'a>),
    /// Frames in device memory, which are read in place.
    Device(DeviceImages<'a>),
    /// One image per frame, of one shape or of several, each in device memory of its own with its own stream and owner, and read
    /// in place: batches of one image. For a [`Runner`](crate::Runner).
    DeviceList(&'a [DeviceImages<'a>]),
    /// Image files in memory, one per frame, of any formats and sizes. A [`Runner`](crate::Runner) decodes them with several threads as
    /// the pipeline says ([`Pipeline::decode_options`](crate::Pipeline::decode_options)). One that cannot be decoded is an error
    /// that names it, [`PipelineError::Decode`], before anything is executed; [`Runner::run_encoded`](crate::Runner::run_encoded) leaves
    /// it out. Memory is bounded by the limits for each image and for all images of the input
    /// ([`Limits::max_batch_bytes`](pixelflume_codec::Limits::max_batch_bytes)).
    #[cfg(feature = "codec")]
    Encoded(&'a [&'a [u8]]),
}

impl Input<'_> {
    /// The number of frames.
    pub fn frames(&self) -> usize {
        match self {
            Input::Images(images) => images.len(),
            Input::Views(views) => views.len(),
            Input::Batch(batch) => batch.layout().batch(),
            Input::Device(images) => images.layout().batch(),
            Input::DeviceList(images) => images.len(),
            #[cfg(feature = "codec")]
            Input::Encoded(files) => files.len(),
        }
    }

    /// The shape of a frame that exists.
    pub(crate) fn shape_of(&self, frame: usize) -> ImageShape {
        match self {
            Input::Images(images) => images[frame].shape(),
            Input::Views(views) => views[frame].shape(),
            Input::Batch(batch) => batch.layout().shape(),
            Input::Device(images) => images.layout().shape(),
            Input::DeviceList(images) => images[frame].layout().shape(),
            #[cfg(feature = "codec")]
            Input::Encoded(_) => {
                unreachable!("files are decoded, or refused, before their shapes are asked for")
            }
        }
    }

    /// The common shape of all frames of the input of this name.
    pub(crate) fn shape(&self, name: &str) -> Result<ImageShape, PipelineError> {
        if let Input::DeviceList(_) = self {
            return Err(PipelineError::ListedImages {
                input: name.to_owned(),
            });
        }
        #[cfg(feature = "codec")]
        if let Input::Encoded(_) = self {
            return Err(PipelineError::EncodedImages {
                input: name.to_owned(),
            });
        }
        let expected = self.first_shape()?;
        match self.other_shape() {
            None => Ok(expected),
            Some(frame) => Err(PipelineError::FrameShape {
                input: name.to_owned(),
                frame,
                expected,
                got: self.shape_of(frame),
            }),
        }
    }

    /// The shape of the first frame.
    pub(crate) fn first_shape(&self) -> Result<ImageShape, PipelineError> {
        match self.frames() {
            0 => Err(PipelineError::NoFrames),
            _ => Ok(self.shape_of(0)),
        }
    }

    /// The first frame whose shape is not that of the frames before it; `None` where all, of which there is one at least, have
    /// one shape.
    pub(crate) fn other_shape(&self) -> Option<usize> {
        let expected = self.shape_of(0);
        let frames = match self {
            Input::Images(_) | Input::Views(_) | Input::DeviceList(_) => 1..self.frames(),
            Input::Batch(_) | Input::Device(_) => 1..1,
            #[cfg(feature = "codec")]
            Input::Encoded(_) => 1..1,
        };
        frames
            .into_iter()
            .find(|&frame| self.shape_of(frame) != expected)
    }

    /// Copies some rows, counted over all frames, without padding to `target`, which has exactly their size, by calls of `copy`.
    /// Rows in device memory are not copied.
    pub(crate) fn pack(&self, rows: Range<usize>, target: &mut [u8], copy: CopyBytes) {
        if let Input::Batch(batch) = self {
            return batch.pack(rows, target, copy);
        }
        let shape = match self {
            Input::Images(_) | Input::Views(_) => self.shape_of(0),
            _ => return,
        };
        let mut target = target;
        for (frame, rows) in by_image(rows, shape.rows()) {
            let bytes = bytes_of(&rows, shape);
            let (own, rest) = target.split_at_mut(bytes.len());
            target = rest;
            match self {
                Input::Images(images) => copy(own, &images[frame].data()[bytes]),
                Input::Views(views) => views[frame].pack(rows, own, copy),
                _ => {}
            }
        }
    }

    /// A frame, which exists, in ordinary memory; `None` where it is in device memory.
    pub(crate) fn view(&self, frame: usize) -> Option<ImageView<'_>> {
        match self {
            Input::Images(images) => Some(ImageView::from(images[frame])),
            Input::Views(views) => Some(views[frame]),
            Input::Batch(batch) => {
                let view = batch.frame(frame);
                Some(view.expect("there are as many frames as were counted"))
            }
            _ => None,
        }
    }

    /// The address and the row pitch of a frame, which exists, in device memory; `None` where it is in ordinary memory.
    pub(crate) fn address(&self, frame: usize) -> Option<(Address, usize)> {
        let (images, frame) = match self {
            Input::Device(images) => (images, frame),
            Input::DeviceList(images) => (&images[frame], 0),
            _ => return None,
        };
        let image = images.images(frame..frame + 1);
        Some((image.base, image.row_pitch))
    }

    /// The images in device memory, of which these frames are a part; none for frames in ordinary memory.
    pub(crate) fn devices(&self, frames: Range<usize>) -> &[DeviceImages<'_>] {
        match self {
            Input::Device(images) => std::slice::from_ref(images),
            Input::DeviceList(images) => &images[frames],
            _ => &[],
        }
    }

    /// The device memory of all frames; `None` for frames in ordinary memory, and for memory of each frame.
    pub(crate) fn device(&self) -> Option<&DeviceImages<'_>> {
        match self {
            Input::Device(images) => Some(images),
            _ => None,
        }
    }
}
