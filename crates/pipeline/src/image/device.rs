//! Images in device memory of the caller.

use pixelflume_memory::{DeviceSlice, DeviceSliceMut};
use pixelflume_ops::ImageBatch;
use pixelflume_ops::image::error::ImageError;
use pixelflume_ops::image::layout::{BatchLayout, Spaced};
use std::ops::Range;

/// A batch of images in device memory, an input that is read in place.
///
/// An execution is ordered behind the work that is in the buffer's stream when the execution begins, and before work that is
/// put there afterwards. Work on the memory in other streams (which is unsafe) is ordered by its author.
///
/// As long as the images are borrowed, the crates of pixelflume do not write to them.
#[derive(Copy, Clone, Debug)]
pub struct DeviceImages<'a> {
    layout: BatchLayout,
    memory: DeviceSlice<'a>,
}

/// Device memory for a batch of images, an output that is written in place; ordered like [`DeviceImages`].
///
/// The memory is borrowed mutably: two outputs never share memory, nor do an output and an input.
/// [`DeviceSliceMut::split_at`] makes several places of one buffer.
#[derive(Debug)]
pub struct DeviceImagesMut<'a> {
    layout: BatchLayout,
    memory: DeviceSliceMut<'a>,
}

impl<'a> DeviceImages<'a> {
    /// Takes `memory`, a buffer or a part of one, as images of this layout.
    ///
    /// # Errors
    /// The layout is impossible, exceeds the memory, or puts samples elsewhere than at multiples of their size.
    pub fn new(
        layout: BatchLayout,
        memory: impl Into<DeviceSlice<'a>>,
    ) -> Result<Self, ImageError> {
        let memory = memory.into();
        check(layout, memory)?;
        Ok(DeviceImages { layout, memory })
    }

    /// The layout of the images in the memory.
    pub fn layout(&self) -> BatchLayout {
        self.layout
    }

    /// The buffer, or the part of one, in which the images are.
    pub fn memory(&self) -> DeviceSlice<'a> {
        self.memory
    }

    /// Some of the images.
    ///
    /// # Errors
    /// The batch has fewer images.
    pub fn frames(&self, frames: Range<usize>) -> Result<Self, ImageError> {
        let layout = self.layout.frames(frames)?;
        Ok(DeviceImages { layout, ..*self })
    }

    /// The same part of each image.
    ///
    /// # Errors
    /// The part is empty or exceeds the images; see [`BatchLayout::region`].
    pub fn region(&self, x: u32, y: u32, width: u32, height: u32) -> Result<Self, ImageError> {
        let layout = self.layout.region(x, y, width, height)?;
        Ok(DeviceImages { layout, ..*self })
    }

    /// The images `frames`, which exist, for operators.
    pub(crate) fn images(&self, frames: Range<usize>) -> ImageBatch {
        images(self.layout, self.memory, frames)
    }

    /// The images of these frames, which exist.
    pub(crate) fn spaced(&self, frames: Spaced) -> DeviceImages<'a> {
        let layout = self.layout.spaced(frames);
        DeviceImages { layout, ..*self }
    }
}

impl<'a> DeviceImagesMut<'a> {
    /// Takes `memory`, a buffer or a part of one, as the place of images of this layout.
    ///
    /// # Errors
    /// The same as for [`DeviceImages::new`].
    pub fn new(
        layout: BatchLayout,
        memory: impl Into<DeviceSliceMut<'a>>,
    ) -> Result<Self, ImageError> {
        let memory = memory.into();
        check(layout, memory.as_slice())?;
        Ok(DeviceImagesMut { layout, memory })
    }

    /// The layout of the images in the memory.
    pub fn layout(&self) -> BatchLayout {
        self.layout
    }

    /// The buffer, or the part of one, in which the images are.
    pub fn memory(&self) -> DeviceSlice<'_> {
        self.memory.as_slice()
    }

    /// The same memory for a shorter time.
    pub fn reborrow(&mut self) -> DeviceImagesMut<'_> {
        DeviceImagesMut {
            layout: self.layout,
            memory: self.memory.reborrow(),
        }
    }

    /// The same images, to be read.
    pub fn as_images(&self) -> DeviceImages<'_> {
        DeviceImages {
            layout: self.layout,
            memory: self.memory.as_slice(),
        }
    }

    /// The places of some of the images.
    ///
    /// # Errors
    /// The batch has fewer images.
    pub fn frames(self, frames: Range<usize>) -> Result<Self, ImageError> {
        let layout = self.layout.frames(frames)?;
        Ok(DeviceImagesMut { layout, ..self })
    }

    /// The places of the same part of each image.
    ///
    /// # Errors
    /// The same as for [`DeviceImages::region`].
    pub fn region(self, x: u32, y: u32, width: u32, height: u32) -> Result<Self, ImageError> {
        let layout = self.layout.region(x, y, width, height)?;
        Ok(DeviceImagesMut { layout, ..self })
    }

    /// The places of the images of these frames, which exist.
    pub(crate) fn spaced(self, frames: Spaced) -> Self {
        let layout = self.layout.spaced(frames);
        DeviceImagesMut { layout, ..self }
    }

    /// The places of the images `frames`, which exist, for operators.
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
