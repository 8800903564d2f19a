//! How an image is turned by the EXIF data of its file.

use image::{DynamicImage, ImageBuffer};
use pixelflume_ops::Image;
use pixelflume_ops::ImageShape;

/// Whether pixels are turned as the EXIF data of the file says.
///
/// Cameras store the pixels as the sensor has them, and the orientation of the camera beside them. Viewers, OpenCV and
/// `ImageOps.exif_transpose` of Pillow turn the image; Pillow's `Image.open` and torchvision's `decode_jpeg` do not, by default.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Orientation {
    /// The image is turned and mirrored as the file says. Orientation data that cannot be read is ignored.
    #[default]
    Exif,
    /// The pixels are as they are stored.
    Ignore,
}

impl Orientation {
    /// Both, in the order of their names.
    pub const ALL: [Orientation; 2] = [Orientation::Exif, Orientation::Ignore];

    /// The name in pipeline files: `apply` or `ignore`.
    pub const fn name(self) -> &'static str {
        match self {
            Orientation::Exif => "apply",
            Orientation::Ignore => "ignore",
        }
    }
}

/// One of the eight ways to turn and mirror an image.
pub(crate) type Turn = image::metadata::Orientation;

/// The shape of an image after it is turned.
pub(crate) fn turned(shape: ImageShape, turn: Turn) -> ImageShape {
    match turn {
        Turn::Rotate90 | Turn::Rotate270 | Turn::Rotate90FlipH | Turn::Rotate270FlipH => {
            ImageShape::u8(shape.height, shape.width, shape.channels)
        }
        Turn::NoTransforms | Turn::Rotate180 | Turn::FlipHorizontal | Turn::FlipVertical => shape,
    }
}

/// Turns an image of 1, 3 or 4 channels.
pub(crate) fn apply(image: Image, turn: Turn) -> Image {
    if turn == Turn::NoTransforms {
        return image;
    }
    let shape = image.shape();
    let (width, height) = (shape.width, shape.height);
    let data = image.into_data();
    let image = match shape.channels {
        1 => ImageBuffer::from_raw(width, height, data).map(DynamicImage::ImageLuma8),
        3 => ImageBuffer::from_raw(width, height, data).map(DynamicImage::ImageRgb8),
        _ => ImageBuffer::from_raw(width, height, data).map(DynamicImage::ImageRgba8),
    };
    let mut image = image.expect("decoders make images of 1, 3 or 4 channels");
    image.apply_orientation(turn);
    Image::new(turned(shape, turn), image.into_bytes())
        .expect("a turned image has the pixels of the image")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_eight_ways_place_the_corners_as_exif_says() {
        // The table of the EXIF specification (CIPA DC-008, tag Orientation): where row 0 and column 0 of the stored image are.
        // An image of 3x2 pixels, numbered row by row.
        let image = Image::new(ImageShape::u8(3, 2, 1), vec![0, 1, 2, 3, 4, 5]).unwrap();
        let expected: [(u32, [u8; 6]); 8] = [
            (3, [0, 1, 2, 3, 4, 5]),
            (3, [2, 1, 0, 5, 4, 3]),
            (3, [5, 4, 3, 2, 1, 0]),
            (3, [3, 4, 5, 0, 1, 2]),
            (2, [0, 3, 1, 4, 2, 5]),
            (2, [3, 0, 4, 1, 5, 2]),
            (2, [5, 2, 4, 1, 3, 0]),
            (2, [2, 5, 1, 4, 0, 3]),
        ];
        for (number, (width, data)) in (1..).zip(expected) {
            let turn = Turn::from_exif(number).unwrap();
            let got = apply(image.clone(), turn);
            assert_eq!(got.shape(), ImageShape::u8(width, 6 / width, 1), "{number}");
            assert_eq!(got.data(), data, "{number}");
        }
    }

    #[test]
    fn color_and_alpha_are_turned_with_their_pixel() {
        for channels in [3, 4] {
            let image = Image::from_fn(2, 1, channels, |x, _, c| (x * 10 + c) as u8).unwrap();
            let got = apply(image.clone(), Turn::FlipHorizontal);
            let half = channels as usize;
            assert_eq!(got.data()[..half], image.data()[half..]);
            assert_eq!(got.data()[half..], image.data()[..half]);
        }
    }
}
