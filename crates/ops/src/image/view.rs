//! Views: images in ordinary memory of the caller, with any padding.

use crate::image::ImageShape;
use crate::image::error::ImageError;
use crate::image::layout::BatchLayout;
use crate::image::owned::Image;
use crate::image::rows::{BatchRowsMut, CopyBytes};
use std::fmt;
use std::ops::Range;

/// A view of a batch of images in ordinary memory, with any padding after rows and images.
///
/// ```
/// use pixelflume_ops::{BatchLayout, BatchView, ImageShape};
///
/// // Two images of 2 x 2 pixels in rows of 4 bytes.
/// let bytes: Vec<u8> = (0..16).collect();
/// let layout = BatchLayout::tight(ImageShape::u8(2, 2, 1), 2).with_row_pitch(4);
/// let batch = BatchView::new(layout, &bytes)?;
/// assert_eq!(batch.frame(1)?.row(1), [12, 13]);
/// assert_eq!(batch.region(1, 0, 1, 2)?.frame(0)?.to_image().data(), [1, 5]);
/// # Ok::<(), pixelflume_ops::ImageError>(())
/// ```
#[derive(Copy, Clone)]
pub struct BatchView<'a> {
    layout: BatchLayout,
    data: &'a [u8],
}

impl<'a> BatchView<'a> {
    /// Views `data` as images of this layout.
    ///
    /// # Errors
    /// The layout is impossible, or exceeds `data`.
    pub fn new(layout: BatchLayout, data: &'a [u8]) -> Result<Self, ImageError> {
        layout.check(data.len())?;
        Ok(BatchView { layout, data })
    }

    /// The layout of the images in the memory.
    pub fn layout(&self) -> BatchLayout {
        self.layout
    }

    /// A view of some of the images.
    ///
    /// # Errors
    /// The batch has fewer images.
    pub fn frames(&self, frames: Range<usize>) -> Result<Self, ImageError> {
        let layout = self.layout.frames(frames)?;
        Ok(BatchView { layout, ..*self })
    }

    /// A view of one image.
    ///
    /// # Errors
    /// The batch has fewer images.
    pub fn frame(&self, frame: usize) -> Result<ImageView<'a>, ImageError> {
        let layout = self.layout.frames(frame..frame.saturating_add(1))?;
        Ok(ImageView {
            layout,
            data: self.data,
        })
    }

    /// A view of the same part of each image.
    ///
    /// # Errors
    /// The part is empty or exceeds the images; see [`BatchLayout::region`].
    pub fn region(&self, x: u32, y: u32, width: u32, height: u32) -> Result<Self, ImageError> {
        let layout = self.layout.region(x, y, width, height)?;
        Ok(BatchView { layout, ..*self })
    }

    /// Copies some rows, counted over all images, without padding to `target`, which has exactly their size.
    ///
    /// # Panics
    /// A row does not exist.
    pub fn pack(&self, rows: Range<usize>, target: &mut [u8], copy: CopyBytes) {
        let layout = &self.layout;
        if layout.is_tight() {
            let start = layout.row_offset(rows.start);
            copy(target, &self.data[start..start + target.len()]);
            return;
        }
        let targets = target.chunks_exact_mut(layout.shape().row_bytes());
        for (row, target) in rows.zip(targets) {
            let at = layout.row_offset(row);
            copy(target, &self.data[at..at + target.len()]);
        }
    }
}

/// A view of one image in ordinary memory, with any padding after its rows.
#[derive(Copy, Clone)]
pub struct ImageView<'a> {
    /// The layout of one image.
    layout: BatchLayout,
    data: &'a [u8],
}

impl<'a> ImageView<'a> {
    /// Views `data` as an image of this shape whose rows begin at multiples of `row_pitch` bytes.
    ///
    /// # Errors
    /// The shape has no samples, a row is longer than the pitch, or the image exceeds `data`.
    pub fn new(shape: ImageShape, row_pitch: usize, data: &'a [u8]) -> Result<Self, ImageError> {
        let layout = BatchLayout::tight(shape, 1).with_row_pitch(row_pitch);
        layout.check(data.len())?;
        Ok(ImageView { layout, data })
    }

    /// Width, height, channels, sample type and layout.
    pub fn shape(&self) -> ImageShape {
        self.layout.shape()
    }

    /// Bytes from a row to the next.
    pub fn row_pitch(&self) -> usize {
        self.layout.row_pitch()
    }

    /// The bytes of row `row` without padding; rows of planes follow each other.
    ///
    /// # Panics
    /// There is no such row.
    pub fn row(&self, row: usize) -> &'a [u8] {
        let (shape, rows) = (self.shape(), self.shape().rows());
        assert!(row < rows, "row {row} of an image of {rows} rows");
        let at = self.layout.offset() + row * self.row_pitch();
        &self.data[at..at + shape.row_bytes()]
    }

    /// All bytes of the image, row by row, where no padding lies between its rows.
    pub fn contiguous(&self) -> Option<&'a [u8]> {
        let begin = self.layout.offset();
        let bytes = || &self.data[begin..begin + self.shape().bytes()];
        self.layout.is_tight().then(bytes)
    }

    /// A view of a part of the image.
    ///
    /// # Errors
    /// The part is empty or exceeds the image; see [`BatchLayout::region`].
    pub fn region(&self, x: u32, y: u32, width: u32, height: u32) -> Result<Self, ImageError> {
        let layout = self.layout.region(x, y, width, height)?;
        Ok(ImageView { layout, ..*self })
    }

    /// Copies the image, without padding.
    pub fn to_image(&self) -> Image {
        let mut data = vec![0; self.shape().bytes()];
        self.pack(0..self.shape().rows(), &mut data, <[u8]>::copy_from_slice);
        Image::new(self.shape(), data).expect("the view was checked, and the bytes are its own")
    }

    /// Copies some rows without padding to `target`, which has exactly their size.
    ///
    /// # Panics
    /// A row does not exist.
    pub fn pack(&self, rows: Range<usize>, target: &mut [u8], copy: CopyBytes) {
        let (layout, data) = (self.layout, self.data);
        BatchView { layout, data }.pack(rows, target, copy);
    }

    /// Copies the bytes from `start` on of the image without padding to `target`, which is no longer than the rest of the image.
    ///
    /// # Panics
    /// The rest of the image is shorter.
    pub fn pack_bytes(&self, start: usize, target: &mut [u8], copy: CopyBytes) {
        if self.layout.is_tight() {
            let start = self.layout.offset() + start;
            copy(target, &self.data[start..start + target.len()]);
            return;
        }
        let row_bytes = self.shape().row_bytes();
        let (mut row, mut column, mut target) = (start / row_bytes, start % row_bytes, target);
        while !target.is_empty() {
            let count = target.len().min(row_bytes - column);
            let (part, rest) = target.split_at_mut(count);
            copy(part, &self.row(row)[column..column + count]);
            (row, column, target) = (row + 1, 0, rest);
        }
    }

    /// What tells images apart: two views with one identity are the same image.
    pub fn identity(&self) -> (usize, usize, ImageShape) {
        let first = self.data.as_ptr().addr() + self.layout.offset();
        (first, self.row_pitch(), self.shape())
    }
}

impl<'a> From<&'a Image> for ImageView<'a> {
    fn from(image: &'a Image) -> Self {
        ImageView {
            layout: BatchLayout::tight(image.shape(), 1),
            data: image.data(),
        }
    }
}

/// Memory for a batch of images in ordinary memory, with any padding after rows and images, which is not written.
pub struct BatchViewMut<'a> {
    layout: BatchLayout,
    data: &'a mut [u8],
}

impl<'a> BatchViewMut<'a> {
    /// Takes `data` as the place of images of this layout.
    ///
    /// # Errors
    /// The layout is impossible, or exceeds `data`.
    pub fn new(layout: BatchLayout, data: &'a mut [u8]) -> Result<Self, ImageError> {
        layout.check(data.len())?;
        Ok(BatchViewMut { layout, data })
    }

    /// The layout of the images in the memory.
    pub fn layout(&self) -> BatchLayout {
        self.layout
    }

    /// The same memory for a shorter time.
    pub fn reborrow(&mut self) -> BatchViewMut<'_> {
        BatchViewMut {
            layout: self.layout,
            data: self.data,
        }
    }

    /// Some rows, counted over all images.
    ///
    /// # Panics
    /// The first of them does not exist.
    pub fn rows(&mut self, rows: Range<usize>) -> BatchRowsMut<'_> {
        BatchRowsMut::new(self.layout, self.data, rows)
    }
}

impl fmt::Debug for BatchView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BatchView({:?})", self.layout)
    }
}

impl fmt::Debug for ImageView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImageView({:?})", self.layout)
    }
}

impl fmt::Debug for BatchViewMut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BatchViewMut({:?})", self.layout)
    }
}
