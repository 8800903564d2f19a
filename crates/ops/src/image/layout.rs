//! The layout of a batch of images in memory.

use crate::image::error::{ImageError, checked_bytes};
use crate::image::{ImageBatch, ImageShape, Layout};
use pixelflume_device::Address;
use std::ops::Range;

/// The layout of equally shaped images in memory, in bytes from its start: image `n` begins at `offset + n * batch_stride`,
/// and its row `y` is `y * row_pitch` further on. Rows and images may have padding after them.
///
/// ```
/// use pixelflume_ops::{BatchLayout, ImageShape};
///
/// // Rows of 64 bytes, of which the image uses 30, and its lower right quarter.
/// let layout = BatchLayout::tight(ImageShape::u8(10, 8, 3), 4).with_row_pitch(64);
/// assert_eq!(layout.end()?, 3 * 8 * 64 + 7 * 64 + 30);
/// let quarter = layout.region(5, 4, 5, 4)?;
/// assert_eq!((quarter.offset(), quarter.shape().width), (4 * 64 + 5 * 3, 5));
/// # Ok::<(), pixelflume_ops::ImageError>(())
/// ```
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct BatchLayout {
    shape: ImageShape,
    batch: usize,
    offset: usize,
    row_pitch: usize,
    batch_stride: usize,
}

/// Some frames of a batch at equal distances.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Spaced {
    /// The first frame.
    pub first: usize,
    /// From a frame to the next one; at least 1.
    pub step: usize,
    /// The number of frames; at least 1.
    pub count: usize,
}

impl BatchLayout {
    /// A layout of `batch` images without padding, from the start of the memory on.
    pub const fn tight(shape: ImageShape, batch: usize) -> Self {
        let row_pitch = shape.row_bytes();
        BatchLayout {
            shape,
            batch,
            offset: 0,
            row_pitch,
            batch_stride: row_pitch.saturating_mul(shape.rows()),
        }
    }

    /// The same layout with the first image `offset` bytes after the start of the memory.
    #[must_use]
    pub const fn at(self, offset: usize) -> Self {
        BatchLayout { offset, ..self }
    }

    /// The same layout with rows that begin `row_pitch` bytes after each other, and images without a gap between them.
    #[must_use]
    pub const fn with_row_pitch(self, row_pitch: usize) -> Self {
        BatchLayout {
            row_pitch,
            batch_stride: row_pitch.saturating_mul(self.shape.rows()),
            ..self
        }
    }

    /// The same layout with images that begin `batch_stride` bytes after each other.
    #[must_use]
    pub const fn with_batch_stride(self, batch_stride: usize) -> Self {
        BatchLayout {
            batch_stride,
            ..self
        }
    }

    /// Shape of each image.
    pub const fn shape(&self) -> ImageShape {
        self.shape
    }

    /// The number of images.
    pub const fn batch(&self) -> usize {
        self.batch
    }

    /// The offset of the first image, in bytes.
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Bytes from a row to the next.
    pub const fn row_pitch(&self) -> usize {
        self.row_pitch
    }

    /// Bytes from an image to the next.
    pub const fn batch_stride(&self) -> usize {
        self.batch_stride
    }

    /// The sizes of the dimensions: images, height, width, channels; for planar images: images, channels, height, width.
    pub fn extents(&self) -> [usize; 4] {
        let [height, width, channels] =
            [self.shape.height, self.shape.width, self.shape.channels].map(|size| size as usize);
        match self.shape.layout {
            Layout::Interleaved => [self.batch, height, width, channels],
            Layout::Planar => [self.batch, channels, height, width],
        }
    }

    /// Samples from one index of each dimension of [`BatchLayout::extents`] to the next, of an aligned layout.
    pub fn strides(&self) -> [usize; 4] {
        let [image, row] =
            [self.batch_stride, self.row_pitch].map(|bytes| bytes / self.shape.sample.bytes());
        match self.shape.layout {
            Layout::Interleaved => [image, row, self.shape.channels as usize, 1],
            Layout::Planar => [image, row * self.shape.height as usize, row, 1],
        }
    }

    /// The layout of the images `frames` of this batch.
    ///
    /// # Errors
    /// [`ImageError::Frames`] where the batch has fewer images.
    pub fn frames(&self, frames: Range<usize>) -> Result<Self, ImageError> {
        if frames.start > frames.end || frames.end > self.batch {
            return Err(ImageError::Frames {
                frames,
                batch: self.batch,
            });
        }
        // An empty range may begin at the end, behind the last image.
        let skipped = self.batch_stride.saturating_mul(frames.start);
        Ok(BatchLayout {
            batch: frames.len(),
            offset: self.offset.saturating_add(skipped),
            ..*self
        })
    }

    /// The layout of these images, which exist. Of others the layout has no meaning.
    pub fn spaced(&self, frames: Spaced) -> Self {
        BatchLayout {
            batch: frames.count,
            offset: (self.offset).saturating_add(frames.first.saturating_mul(self.batch_stride)),
            batch_stride: frames.step.saturating_mul(self.batch_stride),
            ..*self
        }
    }

    /// The layout of a part of each image: `width` x `height` pixels from column `x` and row `y` on.
    ///
    /// # Errors
    /// [`ImageError::Region`] where the region is empty or exceeds the image, or where it leaves out rows of an image of
    /// several planes: the planes would not follow each other anymore.
    pub fn region(&self, x: u32, y: u32, width: u32, height: u32) -> Result<Self, ImageError> {
        let shape = self.shape;
        let inside = |from: u32, size: u32, whole: u32| {
            size > 0 && from.checked_add(size).is_some_and(|end| end <= whole)
        };
        let planes = shape.layout == Layout::Planar && shape.channels > 1;
        if !inside(x, width, shape.width)
            || !inside(y, height, shape.height)
            || (planes && height != shape.height)
        {
            return Err(ImageError::Region {
                shape,
                x,
                y,
                width,
                height,
            });
        }
        let region = ImageShape {
            width,
            height,
            ..shape
        };
        let column = ImageShape { width: x, ..shape }.row_bytes();
        let skipped = self.row_pitch.saturating_mul(y as usize);
        Ok(BatchLayout {
            shape: region,
            offset: self.offset.saturating_add(skipped).saturating_add(column),
            ..*self
        })
    }

    /// Bytes from the start of the memory to one past the last sample.
    ///
    /// # Errors
    /// There are no images, an image has no samples, a row exceeds the pitch or an image the stride, or the end is past all
    /// addresses.
    pub fn end(&self) -> Result<usize, ImageError> {
        let shape = self.shape;
        checked_bytes(&shape)?;
        if self.batch == 0 {
            return Err(ImageError::NoImages);
        }
        if self.row_pitch < shape.row_bytes() {
            return Err(ImageError::RowPitch {
                shape,
                got: self.row_pitch,
                expected: shape.row_bytes(),
            });
        }
        let too_large = || ImageError::TooLarge { shape };
        let frame = (shape.rows() - 1)
            .checked_mul(self.row_pitch)
            .and_then(|bytes| bytes.checked_add(shape.row_bytes()))
            .ok_or_else(too_large)?;
        if self.batch > 1 && self.batch_stride < frame {
            return Err(ImageError::BatchStride {
                shape,
                got: self.batch_stride,
                expected: frame,
            });
        }
        (self.batch - 1)
            .checked_mul(self.batch_stride)
            .and_then(|bytes| bytes.checked_add(frame))
            .and_then(|bytes| bytes.checked_add(self.offset))
            .filter(|&bytes| isize::try_from(bytes).is_ok())
            .ok_or_else(too_large)
    }

    /// Whether images of this layout, in memory at address `base`, share bytes with images of another layout in memory at
    /// `other_base`. Images that lie between each other count as sharing, unless they are different columns of the same rows.
    pub fn shares_bytes(&self, base: Address, other: BatchLayout, other_base: Address) -> bool {
        // Layouts are checked against their memory when images are made of them, so that they have ends.
        let (Ok(end), Ok(other_end)) = (self.end(), other.end()) else {
            return true;
        };
        let (start, other_start) = (base.offset(self.offset), other_base.offset(other.offset));
        let apart = base.offset(end).raw() <= other_start.raw()
            || other_base.offset(other_end).raw() <= start.raw();
        if apart {
            return false;
        }
        let pitch = self.row_pitch;
        let in_rows = |layout: &BatchLayout| {
            layout.row_pitch == pitch
                && (layout.batch == 1 || layout.batch_stride.is_multiple_of(pitch))
        };
        if pitch == 0 || !in_rows(self) || !in_rows(&other) {
            return true;
        }
        // The first byte of each row of the other, counted from the first byte of a row of this.
        let distance = other_start.raw().wrapping_sub(start.raw()) as i64;
        let column = distance.rem_euclid(pitch as i64) as usize;
        let (row, other_row) = (self.shape.row_bytes(), other.shape.row_bytes());
        column < row || column + other_row > pitch
    }

    /// Checks that the images fit memory of this size in bytes.
    ///
    /// # Errors
    /// The layout is impossible, as [`BatchLayout::end`] says, or exceeds the memory.
    pub fn check(&self, bytes: usize) -> Result<(), ImageError> {
        let expected = self.end()?;
        if expected > bytes {
            return Err(ImageError::Room {
                shape: self.shape,
                expected,
                got: bytes,
            });
        }
        Ok(())
    }

    /// Checks that samples, in memory at address `base`, are at multiples of their size, where a device can read them.
    ///
    /// # Errors
    /// [`ImageError::Unaligned`] where they are not.
    pub fn check_alignment(&self, base: Address) -> Result<(), ImageError> {
        let sample = self.shape.sample.bytes() as u64;
        let first = base.raw().wrapping_add(self.offset as u64);
        let aligned = [first, self.row_pitch as u64, self.batch_stride as u64]
            .iter()
            .all(|bytes| bytes.is_multiple_of(sample));
        aligned.then_some(()).ok_or(ImageError::Unaligned {
            shape: self.shape,
            address: base,
            offset: self.offset,
            row_pitch: self.row_pitch,
            batch_stride: self.batch_stride,
        })
    }

    /// The place of a row, which is counted over all images, in bytes from the begin of the memory.
    ///
    /// # Panics
    /// An image has no rows.
    pub fn row_offset(&self, row: usize) -> usize {
        let height = self.shape.rows();
        self.offset + row / height * self.batch_stride + row % height * self.row_pitch
    }

    /// Whether rows and images have no padding.
    pub fn is_tight(&self) -> bool {
        self.row_pitch == self.shape.row_bytes()
            && (self.batch <= 1 || self.batch_stride == self.shape.bytes())
    }

    /// The images in memory at address `base`, for operators.
    ///
    /// # Panics
    /// There are more than `u32::MAX` images.
    pub fn images(&self, base: Address) -> ImageBatch {
        ImageBatch {
            shape: self.shape,
            batch: u32::try_from(self.batch).expect("fewer images than u32 counts"),
            base: base.offset(self.offset),
            row_pitch: self.row_pitch,
            batch_stride: self.batch_stride,
        }
    }
}

#[cfg(test)]
mod tests;
