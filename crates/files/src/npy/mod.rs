//! NumPy's `.npy` files: arrays of one type, read with bounded memory and written as `numpy.save` writes them.
//!
//! Arrays of `u8`, `i16`, `f16`, `f32`, and of bf16 as type `V2` (as `ml_dtypes` has it), in C order and either byte order; what is written has
//! that of the machine. Versions 1.0, 2.0 and 3.0 of the format are read, 1.0 is written. Object arrays, which are pickled code, are refused by
//! name, as are Fortran order and all other types.

mod error;
mod header;
mod literal;

pub use error::NpyError;
pub use header::{Header, MAX_DIMENSIONS, MAX_HEADER};

use crate::bytes::fill;
use header::{array_bytes, header};
use pixelflume_ops::{Image, ImageShape, ImageView, Layout, SampleType};
use std::io::{self, Read, Write};

/// An array of samples, in C order and in the byte order of the machine.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Array {
    sample: SampleType,
    dimensions: Vec<usize>,
    data: Vec<u8>,
}

impl Array {
    /// Makes an array of these bytes.
    ///
    /// # Errors
    /// More than [`MAX_DIMENSIONS`] dimensions, or another number of bytes than the shape has.
    pub fn new(
        sample: SampleType,
        dimensions: Vec<usize>,
        data: Vec<u8>,
    ) -> Result<Self, NpyError> {
        check(sample, &dimensions, data.len())?;
        Ok(Array {
            sample,
            dimensions,
            data,
        })
    }

    /// Reads one array; what is behind it stays in the source. Memory follows the bytes that arrive.
    ///
    /// # Errors
    /// As [`Header::read`]; the samples have more than `max_bytes` bytes; the source ends early.
    pub fn read(source: &mut impl Read, max_bytes: u64) -> Result<Self, NpyError> {
        let header = Header::read(source)?;
        let (sample, swapped) = (header.sample, header.is_swapped());
        let bytes = header.bytes().filter(|&bytes| bytes as u64 <= max_bytes);
        let Some(expected) = bytes else {
            return Err(NpyError::TooLarge {
                dimensions: header.dimensions,
                sample_bytes: sample.bytes(),
                limit: max_bytes,
            });
        };
        let mut data = Vec::new();
        let got = fill(source, &mut data, expected).ok()?;
        if got < expected {
            return Err(NpyError::Ends {
                part: "samples",
                got,
                expected,
            });
        }
        if swapped {
            data.chunks_exact_mut(sample.bytes())
                .for_each(<[u8]>::reverse);
        }
        Ok(Array {
            sample,
            dimensions: header.dimensions,
            data,
        })
    }

    /// The type of the samples.
    pub fn sample(&self) -> SampleType {
        self.sample
    }

    /// The shape; empty for a single number.
    pub fn dimensions(&self) -> &[usize] {
        &self.dimensions
    }

    /// The samples, in the byte order of the machine.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Gives the samples, without copying them.
    pub fn into_data(self) -> Vec<u8> {
        self.data
    }

    /// The array as an image, whose samples are those of the array, not copied and in the byte order of the machine: shape (height, width), or with channels (height, width, channels) for
    /// [`Layout::Interleaved`] and (channels, height, width) for [`Layout::Planar`].
    ///
    /// # Errors
    /// The array has another number of dimensions, or one of them is zero.
    pub fn into_image(self, layout: Layout) -> Result<Image, NpyError> {
        let small: Option<Vec<u32>> = {
            let sizes = self.dimensions.iter();
            sizes.map(|&size| u32::try_from(size).ok()).collect()
        };
        let (height, width, channels) = match (small.as_deref(), layout) {
            (Some(&[height, width]), _) => (height, width, 1),
            (Some(&[height, width, channels]), Layout::Interleaved) => (height, width, channels),
            (Some(&[channels, height, width]), Layout::Planar) => (height, width, channels),
            _ => {
                return Err(NpyError::NoImage {
                    dimensions: self.dimensions,
                });
            }
        };
        let shape = ImageShape {
            width,
            height,
            channels,
            sample: self.sample,
            layout,
        };
        Ok(Image::new(shape, self.data)?)
    }
}

pub(crate) fn check(sample: SampleType, dimensions: &[usize], got: usize) -> Result<(), NpyError> {
    if dimensions.len() > MAX_DIMENSIONS {
        return Err(NpyError::Dimensions {
            limit: MAX_DIMENSIONS,
        });
    }
    let expected = array_bytes(sample, dimensions).ok_or_else(|| NpyError::TooLarge {
        dimensions: dimensions.to_vec(),
        sample_bytes: sample.bytes(),
        limit: isize::MAX as u64,
    })?;
    match got == expected {
        true => Ok(()),
        false => Err(NpyError::Length {
            dimensions: dimensions.to_vec(),
            expected,
            got,
        }),
    }
}

/// Writes an array; `samples` are its bytes in C order.
///
/// # Errors
/// As [`Array::new`]; the target cannot be written.
pub fn write(
    mut target: impl Write,
    sample: SampleType,
    dimensions: &[usize],
    samples: &[u8],
) -> Result<(), NpyError> {
    check(sample, dimensions, samples.len())?;
    target.write_all(&header(sample, dimensions))?;
    Ok(target.write_all(samples)?)
}

/// Writes an image as an array of the shape [`dimensions`].
///
/// # Errors
/// The target cannot be written.
pub fn write_image(mut target: impl Write, image: ImageView<'_>) -> io::Result<()> {
    let shape = image.shape();
    target.write_all(&header(shape.sample, &dimensions(&shape)))?;
    match image.contiguous() {
        Some(samples) => target.write_all(samples),
        None => (0..shape.rows()).try_for_each(|row| target.write_all(image.row(row))),
    }
}

/// The dimensions of an image as an array: (height, width) for one channel, (height, width, channels) for interleaved and (channels, height,
/// width) for planar layout.
pub fn dimensions(shape: &ImageShape) -> Vec<usize> {
    let [height, width, channels] =
        [shape.height, shape.width, shape.channels].map(|size| size as usize);
    match (channels, shape.layout) {
        (1, _) => vec![height, width],
        (_, Layout::Interleaved) => vec![height, width, channels],
        (_, Layout::Planar) => vec![channels, height, width],
    }
}

#[cfg(test)]
mod tests;
