//! Images in device memory that belong to the caller.

use crate::image::ImageError;
use crate::image::layout::BatchLayout;
use pixelflume_memory::{DeviceSlice, DeviceSliceMut};
use pixelflume_ops::ImageBatch;
use std::ops::Range;

/// A batch of images in device memory that is read in place, as an input.
///
/// Work of the plan is ordered behind what the stream of the buffer holds when the plan is executed, and before what is
/// put there afterwards. Whoever puts work on it into other streams (which is unsafe) orders it.
///
/// For as long as the images are borrowed nothing of the memory crate's and nothing of this one's writes to them.
#[derive(Copy, Clone, Debug)]
pub struct DeviceImages<'a> {
    layout: BatchLayout,
    memory: DeviceSlice<'a>,
}

/// Room for a batch of images in device memory that is written in place, as an output; ordered like [`DeviceImages`].
///
/// It is borrowed mutably: two outputs never share memory, nor an output and an input. Several places in one buffer are
/// made by [`DeviceSliceMut::split_at`].
#[derive(Debug)]
pub struct DeviceImagesMut<'a> {
    layout: BatchLayout,
    memory: DeviceSliceMut<'a>,
}

impl<'a> DeviceImages<'a> {
    /// The images that lie in `memory`, a buffer or a part of one, like this.
    ///
    /// # Errors
    /// The layout is impossible, does not fit the memory, or puts samples elsewhere than at multiples of their size.
    pub fn new(
        layout: BatchLayout,
        memory: impl Into<DeviceSlice<'a>>,
    ) -> Result<Self, ImageError> {
        let memory = memory.into();
        check(layout, memory)?;
        Ok(DeviceImages { layout, memory })
    }

    /// How the images lie.
    pub fn layout(&self) -> BatchLayout {
        self.layout
    }

    /// The memory.
    pub fn memory(&self) -> DeviceSlice<'a> {
        self.memory
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
        images(self.layout, self.memory, frames)
    }
}

impl<'a> DeviceImagesMut<'a> {
    /// Room for images that are to lie in `memory`, a buffer or a part of one, like this.
    ///
    /// # Errors
    /// As for [`DeviceImages::new`].
    pub fn new(
        layout: BatchLayout,
        memory: impl Into<DeviceSliceMut<'a>>,
    ) -> Result<Self, ImageError> {
        let memory = memory.into();
        check(layout, memory.as_slice())?;
        Ok(DeviceImagesMut { layout, memory })
    }

    /// How the images lie.
    pub fn layout(&self) -> BatchLayout {
        self.layout
    }

    /// The memory.
    pub fn memory(&self) -> DeviceSlice<'_> {
        self.memory.as_slice()
    }

    /// The same room for a shorter time.
    pub fn reborrow(&mut self) -> DeviceImagesMut<'_> {
        DeviceImagesMut {
            layout: self.layout,
            memory: self.memory.reborrow(),
        }
    }

    /// The images, for reading.
    pub fn as_images(&self) -> DeviceImages<'_> {
        DeviceImages {
            layout: self.layout,
            memory: self.memory.as_slice(),
        }
    }

    /// The room for some of the images.
    ///
    /// # Errors
    /// There are not so many.
    pub fn frames(self, frames: Range<usize>) -> Result<Self, ImageError> {
        let layout = self.layout.frames(frames)?;
        Ok(DeviceImagesMut { layout, ..self })
    }

    /// The room for the same part of each image.
    ///
    /// # Errors
    /// As for [`DeviceImages::region`].
    pub fn region(self, x: u32, y: u32, width: u32, height: u32) -> Result<Self, ImageError> {
        let layout = self.layout.region(x, y, width, height)?;
        Ok(DeviceImagesMut { layout, ..self })
    }

    /// The room for these frames, of which there are so many, as operators take it.
    pub(crate) fn images(&self, frames: Range<usize>) -> ImageBatch {
        images(self.layout, self.memory.as_slice(), frames)
    }
}

fn check(layout: BatchLayout, memory: DeviceSlice<'_>) -> Result<(), ImageError> {
    layout.check(memory.len())?;
    layout.check_alignment(memory.address())
}

fn images(layout: BatchLayout, memory: DeviceSlice<'_>, frames: Range<usize>) -> ImageBatch {
    let layout = layout.frames(frames);
    layout
        .expect("there are as many frames as were counted")
        .images(memory.address())
}
