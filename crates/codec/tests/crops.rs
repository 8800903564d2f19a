//! Parts of images: their pixels are those that they have in the whole image, which is turned before.

mod common;
mod gif_file;
mod tiff_file;

use common::with_orientation;
use gif_file::gif;
use pixelflume_codec::{
    Color, DecodeError, DecodeOptions, EncodeOptions, Format, OpenImage, Orientation, Rect, decode,
    encode,
};
use pixelflume_ops::{Image, ImageView};
use tiff_file::tiff;

/// The part of an image in a rectangle.
fn part(image: &Image, rect: Rect) -> Image {
    let shape = image.shape();
    let at = |x, y, c| {
        let pixel = (rect.y + y) * shape.width + rect.x + x;
        image.data()[(pixel * shape.channels + c) as usize]
    };
    Image::from_fn(rect.width, rect.height, shape.channels, at).unwrap()
}

/// Files of all formats; JPEG in every orientation.
fn files() -> Vec<Vec<u8>> {
    let image = |channels| {
        let image = Image::from_fn(37, 29, channels, |x, y, c| (x * y * 3 + x + c * 50) as u8);
        image.unwrap()
    };
    let mut files = Vec::new();
    for format in Format::ALL {
        for channels in [1, 3, 4] {
            let image = image(channels);
            files.extend(encode(
                ImageView::from(&image),
                format,
                &EncodeOptions::default(),
            ));
        }
    }
    let color = image(3);
    let jpeg = encode(
        ImageView::from(&color),
        Format::Jpeg,
        &EncodeOptions::default(),
    );
    let jpeg = jpeg.unwrap();
    files.extend((1..=8).map(|orientation| with_orientation(&jpeg, orientation)));
    files.push(gif(false));
    files.push(tiff(5, 3, &[(274, Some(6))], &[7; 15], true));
    files
}

#[test]
fn crops_have_the_pixels_of_the_whole_image() {
    for (number, file) in files().iter().enumerate() {
        for orientation in Orientation::ALL {
            for color in Color::ALL {
                let options = DecodeOptions {
                    orientation,
                    color,
                    ..DecodeOptions::default()
                };
                let whole = decode(file, &options).unwrap();
                let (width, height) = (whole.shape().width, whole.shape().height);
                let rects = [
                    (0, 0, width, height),
                    (1, 1, width - 1, height - 1),
                    (width / 2, height / 3, 1, 2),
                    (0, height - 1, width, 1),
                ];
                for (x, y, width, height) in rects {
                    let rect = Rect {
                        x,
                        y,
                        width,
                        height,
                    };
                    let options = DecodeOptions {
                        crop: Some(rect),
                        ..options
                    };
                    let opened = OpenImage::of_bytes(file, &options).unwrap();
                    let expected = part(&whole, rect);
                    assert_eq!(opened.need().shape, expected.shape());
                    let got = opened.decode().unwrap();
                    assert_eq!(got, expected, "file {number}, {options:?}");
                }
            }
        }
    }
}

#[test]
fn a_crop_outside_of_the_image_is_an_error_with_the_numbers() {
    for file in files() {
        let whole = decode(&file, &DecodeOptions::default()).unwrap().shape();
        for (x, y, width, height) in [
            (1, 0, whole.width, 1),
            (0, 2, 1, whole.height - 1),
            (u32::MAX, 0, 2, 1),
            (0, 0, 0, 1),
        ] {
            let options = DecodeOptions {
                crop: Some(Rect {
                    x,
                    y,
                    width,
                    height,
                }),
                ..DecodeOptions::default()
            };
            let error = OpenImage::of_bytes(&file, &options).unwrap_err();
            let expected = format!(
                "the crop of {width}x{height} pixels at ({x}, {y}) is not inside of the image, which has {}x{}",
                whole.width, whole.height
            );
            assert_eq!(error.to_string(), expected);
            assert!(matches!(error, DecodeError::Crop { .. }));
        }
    }
}
