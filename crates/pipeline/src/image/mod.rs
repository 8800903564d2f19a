//! Images: in ordinary memory, in memory of the caller, in device memory.

#[cfg(feature = "ndarray")]
pub(crate) mod arrays;
pub(crate) mod device;
#[cfg(feature = "image")]
pub(crate) mod interop;
pub(crate) mod layout;
pub(crate) mod rows;
pub(crate) mod tensor;
pub(crate) mod view;

use pixelflume_device::Address;
use pixelflume_ops::{ImageShape, Layout, SampleType};
use std::fmt;
use std::ops::Range;
use thiserror::Error;

/// One image in ordinary memory, without padding: `shape.rows()` rows of `shape.row_bytes()` bytes, samples in the byte
/// order of the machine.
#[derive(Clone, Eq, PartialEq)]
pub struct Image {
    shape: ImageShape,
    data: Vec<u8>,
}

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

impl Image {
    /// Makes an image of these bytes.
    ///
    /// # Errors
    /// A dimension is zero, or the number of bytes is not [`ImageShape::bytes`].
    pub fn new(shape: ImageShape, data: Vec<u8>) -> Result<Self, ImageError> {
        let expected = checked_bytes(&shape)?;
        if data.len() != expected {
            return Err(ImageError::Size {
                shape,
                expected,
                got: data.len(),
            });
        }
        Ok(Image { shape, data })
    }

    /// Makes an interleaved 8-bit image whose sample at column `x`, row `y` and channel `c` is `sample(x, y, c)`.
    ///
    /// # Errors
    /// A dimension is zero, or the image would be larger than memory.
    pub fn from_fn(
        width: u32,
        height: u32,
        channels: u32,
        mut sample: impl FnMut(u32, u32, u32) -> u8,
    ) -> Result<Self, ImageError> {
        let shape = ImageShape::u8(width, height, channels);
        let mut data = Vec::with_capacity(checked_bytes(&shape)?);
        for y in 0..height {
            for x in 0..width {
                data.extend((0..channels).map(|c| sample(x, y, c)));
            }
        }
        Ok(Image { shape, data })
    }

    /// Width, height, channels, sample type and layout.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// The bytes, row by row, without padding.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The bytes, row by row, to be written.
    pub fn data_mut(&mut self) -> &mut [u8] {
        &mut self.data
    }

    /// Turns this into an image of a valid shape with undefined samples, in the same memory where it fits.
    pub(crate) fn reshape(&mut self, shape: ImageShape) {
        self.data.resize(shape.bytes(), 0);
        self.shape = shape;
    }

    /// Makes an image of zeros, of a valid shape.
    pub(crate) fn zeros(shape: ImageShape) -> Self {
        let data = vec![0; shape.bytes()];
        Image { shape, data }
    }

    /// Gives the bytes, without copying them.
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// The samples of an 8-bit image; `None` for other types.
    pub fn as_u8(&self) -> Option<&[u8]> {
        (self.shape.sample == SampleType::U8).then_some(&self.data)
    }

    /// The samples of an `i16` image; `None` for other types.
    pub fn to_i16(&self) -> Option<Vec<i16>> {
        (self.shape.sample == SampleType::I16).then(|| {
            let (pairs, _) = self.data.as_chunks();
            pairs.iter().map(|&pair| i16::from_ne_bytes(pair)).collect()
        })
    }

    /// The samples of an `f32` image; `None` for other types.
    pub fn to_f32(&self) -> Option<Vec<f32>> {
        (self.shape.sample == SampleType::F32).then(|| {
            let (quads, _) = self.data.as_chunks();
            quads.iter().map(|&quad| f32::from_ne_bytes(quad)).collect()
        })
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Image({})", self.shape)
    }
}

/// The bytes of an image of this shape, or the reason why there can be no such image.
pub(crate) fn checked_bytes(shape: &ImageShape) -> Result<usize, ImageError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_shape_agree() {
        let image = Image::from_fn(2, 2, 3, |x, y, c| (x * 100 + y * 10 + c) as u8).unwrap();
        assert_eq!(
            image.data(),
            [0, 1, 2, 100, 101, 102, 10, 11, 12, 110, 111, 112]
        );
        assert_eq!(image.as_u8(), Some(image.data()));
        assert_eq!(image.to_i16(), None);
        assert_eq!(
            Image::new(image.shape(), image.clone().into_data()).unwrap(),
            image
        );
    }

    #[test]
    fn impossible_images_are_refused() {
        let shape = ImageShape::u8(2, 2, 1);
        let error = Image::new(shape, vec![0; 5]).unwrap_err();
        assert_eq!(error.to_string(), "an image of 2x2x1 u8 has 4 bytes, got 5");
        let empty = ImageShape::u8(0, 2, 1);
        assert_eq!(
            Image::new(empty, vec![]),
            Err(ImageError::Empty { shape: empty })
        );
        let huge = ImageShape::u8(u32::MAX, u32::MAX, u32::MAX);
        assert_eq!(
            Image::new(huge, vec![]),
            Err(ImageError::TooLarge { shape: huge })
        );
    }

    #[test]
    fn wider_samples_are_read_in_the_byte_order_of_the_machine() {
        let shape = ImageShape {
            sample: SampleType::I16,
            ..ImageShape::u8(2, 1, 1)
        };
        let data: Vec<u8> = [-5i16, 300]
            .iter()
            .flat_map(|value| value.to_ne_bytes())
            .collect();
        let image = Image::new(shape, data).unwrap();
        assert_eq!(image.to_i16(), Some(vec![-5, 300]));
        assert_eq!((image.as_u8(), image.to_f32()), (None, None));
    }
}
