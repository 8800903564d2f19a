//! Images in device memory that belong to the caller.

use crate::{BatchLayout, ImageError};
use pixelflume_memory::DeviceBuffer;
use pixelflume_ops::ImageBatch;
use std::ops::Range;

/// A batch of images in a buffer of device memory: read in place as an input, or written to as an output.
///
/// Work of the plan is ordered behind what the buffer's own stream holds when the plan is executed, and before what is
/// put there afterwards. Work on other streams is for the caller to order.
#[derive(Copy, Clone, Debug)]
pub struct DeviceImages<'a> {
    layout: BatchLayout,
    buffer: &'a DeviceBuffer,
}

impl<'a> DeviceImages<'a> {
    /// The images that lie in `buffer` like this.
    ///
    /// # Errors
    /// The layout is impossible, does not fit the buffer, or puts samples elsewhere than at multiples of their size.
    pub fn new(layout: BatchLayout, buffer: &'a DeviceBuffer) -> Result<Self, ImageError> {
        layout.check(buffer.len())?;
        layout.check_alignment()?;
        Ok(DeviceImages { layout, buffer })
    }

    /// How the images lie.
    pub fn layout(&self) -> BatchLayout {
        self.layout
    }

    /// The memory.
    pub fn buffer(&self) -> &'a DeviceBuffer {
        self.buffer
    }

    /// Some of the images.
    ///
    /// # Errors
    /// There are not so many.
    pub fn frames(&self, frames: Range<usize>) -> Result<Self, ImageError> {
        let layout = self.layout.frames(frames)?;
        Ok(DeviceImages { layout, ..*self })
    }

    /// The same part of each image.
    ///
    /// # Errors
    /// The part is empty or leaves the images; see [`BatchLayout::region`].
    pub fn region(&self, x: u32, y: u32, width: u32, height: u32) -> Result<Self, ImageError> {
        let layout = self.layout.region(x, y, width, height)?;
        Ok(DeviceImages { layout, ..*self })
    }

    /// These frames, of which there are so many, as operators take them.
    pub(crate) fn images(&self, frames: Range<usize>) -> ImageBatch {
        let layout = self.layout.frames(frames);
        layout
            .expect("there are as many frames as were counted")
            .images(self.buffer.address())
    }

    /// The addresses from the first sample to one past the last.
    pub(crate) fn span(&self) -> Range<u64> {
        let base = self.buffer.address().raw();
        let end = self.layout.end().expect("it was checked");
        base + self.layout.offset() as u64..base + end as u64
    }
}
