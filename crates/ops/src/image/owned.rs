//! Images in ordinary memory.

use crate::image::error::{ImageError, checked_bytes};
use crate::image::{ImageShape, SampleType};
use std::fmt;

/// One image in ordinary memory, without padding: `shape.rows()` rows of `shape.row_bytes()` bytes, samples in the byte
/// order of the machine.
#[derive(Clone, Eq, PartialEq)]
pub struct Image {
    shape: ImageShape,
    data: Vec<u8>,
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

    /// Turns this into an image of another shape with undefined samples, in the same memory where it fits.
    ///
    /// # Errors
    /// A dimension is zero, or the image would be larger than memory; then the image is as before.
    pub fn reshape(&mut self, shape: ImageShape) -> Result<(), ImageError> {
        self.data.resize(checked_bytes(&shape)?, 0);
        self.shape = shape;
        Ok(())
    }

    /// Makes an image of zeros.
    ///
    /// # Errors
    /// A dimension is zero, or the image would be larger than memory.
    pub fn zeros(shape: ImageShape) -> Result<Self, ImageError> {
        let data = vec![0; checked_bytes(&shape)?];
        Ok(Image { shape, data })
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

    /// The samples of an `i32` image; `None` for other types.
    pub fn to_i32(&self) -> Option<Vec<i32>> {
        (self.shape.sample == SampleType::I32).then(|| {
            let (quads, _) = self.data.as_chunks();
            quads.iter().map(|&quad| i32::from_ne_bytes(quad)).collect()
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
        let shape = ImageShape {
            sample: SampleType::I32,
            ..ImageShape::u8(1, 1, 1)
        };
        let image = Image::new(shape, (-70_000_i32).to_ne_bytes().to_vec()).unwrap();
        assert_eq!(image.to_i32(), Some(vec![-70_000]));
    }
}
