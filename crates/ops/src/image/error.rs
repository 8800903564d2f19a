//! Why an image cannot be made, or a batch cannot be laid out.

use crate::image::{ImageShape, Layout};
use pixelflume_device::Address;
use std::ops::Range;
use thiserror::Error;

/// An image cannot be made of a shape and bytes, or a batch cannot be laid out.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum ImageError {
    /// A dimension is zero.
    #[error("an image of {shape} has no samples; width, height and channels are at least 1")]
    Empty {
        /// The shape with the zero.
        shape: ImageShape,
    },
    /// The shape has more bytes than an address can express.
    #[error("an image of {shape} is larger than any memory")]
    TooLarge {
        /// The shape that is too large.
        shape: ImageShape,
    },
    /// The number of bytes is not that of the shape.
    #[error("an image of {shape} has {expected} bytes, got {got}")]
    Size {
        /// The expected shape.
        shape: ImageShape,
        /// Bytes of the shape.
        expected: usize,
        /// Bytes that were given.
        got: usize,
    },
    /// The memory is too short for the images.
    #[error("images of {shape} need {expected} bytes, there are {got}; give more memory")]
    Room {
        /// Shape of each image.
        shape: ImageShape,
        /// Bytes to one past the last sample.
        expected: usize,
        /// Bytes of the memory that was given.
        got: usize,
    },
    /// A batch has no images.
    #[error("a batch without images was given; give at least one")]
    NoImages,
    /// Rows overlap.
    #[error("rows of {shape} have {expected} bytes, the row pitch is {got}")]
    RowPitch {
        /// Shape of each image.
        shape: ImageShape,
        /// Row pitch that was given, in bytes.
        got: usize,
        /// Bytes of a row, the least pitch.
        expected: usize,
    },
    /// Images overlap.
    #[error("images of {shape} span {expected} bytes each, the batch stride is {got}")]
    BatchStride {
        /// Shape of each image.
        shape: ImageShape,
        /// Batch stride that was given, in bytes.
        got: usize,
        /// Bytes of an image with its row pitch, the least stride.
        expected: usize,
    },
    /// Samples are not at multiples of their size.
    #[error(
        "offset {offset} in memory at {address:?}, row pitch {row_pitch} and batch stride {batch_stride} must be multiples of the sample size of {shape}"
    )]
    Unaligned {
        /// Shape of each image.
        shape: ImageShape,
        /// Address of the memory.
        address: Address,
        /// Offset of the first image in it, in bytes.
        offset: usize,
        /// Row pitch, in bytes.
        row_pitch: usize,
        /// Batch stride, in bytes.
        batch_stride: usize,
    },
    /// A region is empty, exceeds its image, or cannot be described.
    #[error(
        "{width}x{height} pixels at ({x}, {y}) are not a part of an image of {shape} (of planes, only whole columns are)"
    )]
    Region {
        /// Shape of the image.
        shape: ImageShape,
        /// First column of the region.
        x: u32,
        /// First row of the region.
        y: u32,
        /// Columns of the region.
        width: u32,
        /// Rows of the region.
        height: u32,
    },
    /// The batch has fewer images than were asked for.
    #[error("images {} to {} were asked for of a batch of {batch}", frames.start, frames.end)]
    Frames {
        /// The frames that were asked for.
        frames: Range<usize>,
        /// Images of the batch.
        batch: usize,
    },
}

/// The bytes of an image of this shape without padding.
///
/// # Errors
/// A dimension is zero, or the image would be larger than memory.
pub fn checked_bytes(shape: &ImageShape) -> Result<usize, ImageError> {
    let ImageShape {
        width,
        height,
        channels,
        sample,
        layout,
    } = *shape;
    if width == 0 || height == 0 || channels == 0 {
        return Err(ImageError::Empty { shape: *shape });
    }
    debug_assert!(
        matches!(layout, Layout::Interleaved | Layout::Planar),
        "both have the same size"
    );
    let factors = [
        width as usize,
        height as usize,
        channels as usize,
        sample.bytes(),
    ];
    let bytes = factors.into_iter().try_fold(1usize, usize::checked_mul);
    bytes
        .filter(|&bytes| isize::try_from(bytes).is_ok())
        .ok_or(ImageError::TooLarge { shape: *shape })
}
