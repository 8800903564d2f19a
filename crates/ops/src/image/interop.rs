//! Conversions between [`Image`] and the images of the crate `image`, for 8-bit gray, RGB and RGBA.

use crate::image::owned::Image;
use crate::image::{ImageShape, Layout, SampleType};
use ::image::{DynamicImage, GrayImage, ImageBuffer, Luma, Pixel, Rgb, RgbImage, Rgba, RgbaImage};
use thiserror::Error;

/// An [`Image`] cannot be converted to a type of the crate `image`, or the other way round.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[error("{got} cannot become {expected}; convert it first")]
pub struct ConvertImageError {
    /// The type that was given.
    pub got: String,
    /// The type that was asked for.
    pub expected: &'static str,
}

/// Implements both directions for one pixel type of the crate `image`.
macro_rules! convert {
    ($buffer:ty, $pixel:ty, $expected:literal) => {
        impl TryFrom<$buffer> for Image {
            type Error = ConvertImageError;

            /// Fails where the image has no pixels.
            fn try_from(image: $buffer) -> Result<Image, ConvertImageError> {
                let (width, height) = image.dimensions();
                let shape = ImageShape::u8(width, height, <$pixel as Pixel>::CHANNEL_COUNT.into());
                Image::new(shape, image.into_raw()).map_err(|error| ConvertImageError {
                    got: error.to_string(),
                    expected: "an image with at least one pixel",
                })
            }
        }

        impl TryFrom<Image> for $buffer {
            type Error = ConvertImageError;

            /// Fails where the image has other channels or sample types.
            fn try_from(image: Image) -> Result<Self, ConvertImageError> {
                let channels = u32::from(<$pixel as Pixel>::CHANNEL_COUNT);
                let shape = check(&image, Some(channels), $expected)?;
                let buffer = ImageBuffer::from_raw(shape.width, shape.height, image.into_data());
                Ok(buffer.expect("an image has exactly the bytes of its shape"))
            }
        }
    };
}

convert!(GrayImage, Luma<u8>, "an 8-bit gray image");
convert!(RgbImage, Rgb<u8>, "an 8-bit RGB image");
convert!(RgbaImage, Rgba<u8>, "an 8-bit RGBA image");

impl TryFrom<DynamicImage> for Image {
    type Error = ConvertImageError;

    /// Keeps the channels of 8-bit gray, RGB and RGBA images; fails for others, and for images without pixels.
    fn try_from(image: DynamicImage) -> Result<Image, ConvertImageError> {
        match image {
            DynamicImage::ImageLuma8(gray) => gray.try_into(),
            DynamicImage::ImageRgb8(rgb) => rgb.try_into(),
            DynamicImage::ImageRgba8(rgba) => rgba.try_into(),
            other => Err(ConvertImageError {
                got: format!("{:?}", other.color()),
                expected: "an 8-bit gray, RGB or RGBA image",
            }),
        }
    }
}

impl TryFrom<Image> for DynamicImage {
    type Error = ConvertImageError;

    /// Fails for images that are not 8-bit gray, RGB or RGBA.
    fn try_from(image: Image) -> Result<DynamicImage, ConvertImageError> {
        let expected = "an 8-bit gray, RGB or RGBA image";
        match check(&image, None, expected)?.channels {
            1 => GrayImage::try_from(image).map(DynamicImage::from),
            3 => RgbImage::try_from(image).map(DynamicImage::from),
            4 => RgbaImage::try_from(image).map(DynamicImage::from),
            _ => Err(ConvertImageError {
                got: image.shape().to_string(),
                expected,
            }),
        }
    }
}

/// The shape of an interleaved 8-bit image; `None` where it has other channels than those asked for.
fn check(
    image: &Image,
    channels: Option<u32>,
    expected: &'static str,
) -> Result<ImageShape, ConvertImageError> {
    let shape = image.shape();
    let fits = shape.sample == SampleType::U8
        && (shape.layout == Layout::Interleaved || shape.channels == 1)
        && channels.is_none_or(|channels| channels == shape.channels);
    fits.then_some(shape).ok_or_else(|| ConvertImageError {
        got: shape.to_string(),
        expected,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_go_there_and_back() {
        for channels in [1, 3, 4] {
            let image =
                Image::from_fn(3, 2, channels, |x, y, c| (x * 50 + y * 20 + c) as u8).unwrap();
            let there = DynamicImage::try_from(image.clone()).unwrap();
            assert_eq!((there.width(), there.height()), (3, 2));
            assert_eq!(u32::from(there.color().channel_count()), channels);
            assert_eq!(Image::try_from(there).unwrap(), image);
        }
    }

    #[test]
    fn what_has_no_counterpart_is_refused() {
        let sobel = ImageShape {
            sample: SampleType::I16,
            ..ImageShape::u8(1, 1, 1)
        };
        let wide = Image::new(sobel, vec![0; 2]).unwrap();
        assert!(
            GrayImage::try_from(wide.clone()).is_err() && DynamicImage::try_from(wide).is_err()
        );
        let two = Image::new(ImageShape::u8(1, 1, 2), vec![0; 2]).unwrap();
        assert!(RgbImage::try_from(two.clone()).is_err() && DynamicImage::try_from(two).is_err());
        assert!(Image::try_from(GrayImage::new(0, 5)).is_err());
        let error = Image::try_from(DynamicImage::new_luma16(2, 2)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "L16 cannot become an 8-bit gray, RGB or RGBA image; convert it first"
        );
    }
}
