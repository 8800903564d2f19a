//! Conversions between images and arrays of the crate `ndarray`, without copies.

use crate::image::error::ImageError;
use crate::image::layout::BatchLayout;
use crate::image::owned::Image;
use crate::image::view::{BatchView, ImageView};
use crate::image::{ImageShape, Layout, SampleType};
use ndarray::{ArrayView3, ArrayView4, Axis};
use thiserror::Error;

/// An array cannot be viewed as images, or an image not as an array.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum ArrayError {
    /// The array is a part of another one, or its axes are in another order than rows, columns, channels.
    #[error(
        "an array of shape {shape:?} with strides {strides:?} is not in one piece in standard order; make it so with \
         `as_standard_layout`, or take the region of the view of the whole array"
    )]
    Strides {
        /// Shape of the array.
        shape: Vec<usize>,
        /// Its strides, in samples.
        strides: Vec<isize>,
    },
    /// An extent is longer than an image can be.
    #[error("an array of shape {shape:?} is larger than images can be")]
    TooLarge {
        /// Shape of the array.
        shape: Vec<usize>,
    },
    /// The image has samples of another type than `u8`, or planes.
    #[error("an image of {shape} is not an array of interleaved u8 samples")]
    Samples {
        /// Shape of the image.
        shape: ImageShape,
    },
    /// The array cannot be viewed for another reason, for example because it is empty.
    #[error(transparent)]
    Image(#[from] ImageError),
}

impl<'a> TryFrom<ArrayView3<'a, u8>> for ImageView<'a> {
    type Error = ArrayError;

    /// Views an array of rows, columns and channels, in standard order, as an image.
    fn try_from(array: ArrayView3<'a, u8>) -> Result<Self, ArrayError> {
        let batch = BatchView::try_from(array.insert_axis(Axis(0)))?;
        Ok(batch.frame(0)?)
    }
}

impl<'a> TryFrom<ArrayView4<'a, u8>> for BatchView<'a> {
    type Error = ArrayError;

    /// Views an array of images, rows, columns and channels, in standard order, as a batch.
    fn try_from(array: ArrayView4<'a, u8>) -> Result<Self, ArrayError> {
        let (batch, height, width, channels) = array.dim();
        let side = |length: usize| {
            u32::try_from(length).map_err(|_| ArrayError::TooLarge {
                shape: array.shape().to_vec(),
            })
        };
        let shape = ImageShape::u8(side(width)?, side(height)?, side(channels)?);
        let data = array.to_slice().ok_or_else(|| ArrayError::Strides {
            shape: array.shape().to_vec(),
            strides: array.strides().to_vec(),
        })?;
        Ok(BatchView::new(BatchLayout::tight(shape, batch), data)?)
    }
}

impl<'a> TryFrom<&'a Image> for ArrayView3<'a, u8> {
    type Error = ArrayError;

    /// Views an interleaved 8-bit image as an array of rows, columns and channels.
    fn try_from(image: &'a Image) -> Result<Self, ArrayError> {
        let shape = image.shape();
        let samples = || ArrayError::Samples { shape };
        if shape.sample != SampleType::U8 || (shape.layout == Layout::Planar && shape.channels > 1)
        {
            return Err(samples());
        }
        let extents = [shape.height, shape.width, shape.channels].map(|side| side as usize);
        ArrayView3::from_shape(extents, image.data()).map_err(|_| samples())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array4;

    #[test]
    fn arrays_and_images_lie_in_one_place() {
        let array = Array4::from_shape_fn((2, 3, 4, 3), |(n, y, x, c)| {
            (n * 100 + y * 20 + x * 4 + c) as u8
        });
        let batch = BatchView::try_from(array.view()).unwrap();
        assert_eq!(batch.layout().shape(), ImageShape::u8(4, 3, 3));
        let image = batch.frame(1).unwrap().to_image();
        let back = ArrayView3::try_from(&image).unwrap();
        assert_eq!(back, array.index_axis(Axis(0), 1));
        let view = ImageView::try_from(back).unwrap();
        let part = view.region(1, 1, 2, 2).unwrap();
        let mut expected = array.index_axis(Axis(0), 1);
        for axis in [Axis(0), Axis(1)] {
            expected.slice_axis_inplace(axis, (1..3).into());
        }
        let expected: Vec<u8> = expected.iter().copied().collect();
        assert_eq!(part.to_image().data(), expected);
    }

    #[test]
    fn what_is_not_in_one_piece_is_refused() {
        let array = Array4::<u8>::zeros((1, 3, 4, 3));
        let mut part = array.view();
        part.slice_axis_inplace(Axis(2), (1..).into());
        let error = BatchView::try_from(part).unwrap_err();
        assert!(matches!(error, ArrayError::Strides { .. }), "{error}");
        let empty = Array4::<u8>::zeros((1, 0, 4, 3));
        assert!(matches!(
            BatchView::try_from(empty.view()),
            Err(ArrayError::Image(ImageError::Empty { .. }))
        ));
        let wide = ImageShape {
            sample: SampleType::I16,
            ..ImageShape::u8(1, 1, 1)
        };
        let wide = Image::new(wide, vec![0; 2]).unwrap();
        assert!(ArrayView3::try_from(&wide).is_err());
    }
}
