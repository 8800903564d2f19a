//! The places for the results of an execution, wherever they lie.

use crate::error::PipelineError;
use crate::image::Image;
use crate::image::device::DeviceImagesMut;
use crate::image::view::BatchViewMut;
use pixelflume_ops::ImageShape;

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
