//! GIF files: the first frame on its canvas, colors, and memory.

mod gif_file;

use gif_file::gif;
use pixelflume_codec::{DecodeError, DecodeOptions, Format, Limits, Need, OpenImage, decode};
use pixelflume_ops::{Image, ImageShape};

fn decoded(file: &[u8]) -> Result<Image, DecodeError> {
    decode(file, &DecodeOptions::default())
}

fn need(file: &[u8]) -> Need {
    let opened = OpenImage::of_bytes(file, &DecodeOptions::default());
    opened.unwrap().need()
}

const RED: [u8; 4] = [255, 0, 0, 255];
const GREEN: [u8; 4] = [0, 255, 0, 255];
/// Where the image descriptor of a file without transparency begins.
const DESCRIPTOR: usize = 25;

#[test]
fn around_the_first_frame_is_the_transparent_color() {
    let file = gif(true);
    let image = decoded(&file).unwrap();
    assert_eq!(Format::of_content(&file), Some(Format::Gif));
    assert_eq!(image.shape(), ImageShape::u8(4, 3, 4));
    let none = [0, 0, 255, 0];
    let expected = [
        [none, none, none, none],
        [none, RED, GREEN, none],
        [none, GREEN, RED, none],
    ];
    assert_eq!(image.data(), expected.as_flattened().as_flattened());
    // The canvas, and the indices of the frame.
    assert_eq!(need(&file).bytes, 4 * 3 * 4 + 2 * 2);
}

#[test]
fn around_an_opaque_frame_is_color_0() {
    let image = decoded(&gif(false)).unwrap();
    let [red, green] = [RED, GREEN].map(|[red, green, blue, _]| [red, green, blue]);
    let expected = [[red; 4], [red, red, green, red], [red, green, red, red]];
    assert_eq!(image.shape(), ImageShape::u8(4, 3, 3));
    assert_eq!(image.data(), expected.as_flattened().as_flattened());
}

#[test]
fn the_canvas_grows_to_a_frame_beyond_it() {
    let mut file = gif(false);
    assert_eq!(file[DESCRIPTOR], b',');
    // Columns 3 and 4 of an image of 4 columns, rows 2 and 3 of an image of 3 rows.
    (file[DESCRIPTOR + 1], file[DESCRIPTOR + 3]) = (3, 2);
    let image = decoded(&file).unwrap();
    assert_eq!(image.shape(), ImageShape::u8(5, 4, 3));
    assert_eq!(image.data()[(2 * 5 + 4) * 3..][..3], [0, 255, 0]);
    assert_eq!(image.data()[(3 * 5 + 4) * 3..][..3], [255, 0, 0]);
    // The memory of a frame of 65535x65535 pixels is compared with the limit, and not taken.
    file[DESCRIPTOR + 5..DESCRIPTOR + 9].fill(0xff);
    let options = DecodeOptions {
        limits: Limits {
            max_pixels: u64::MAX,
            max_bytes: 1 << 30,
            ..Limits::default()
        },
        ..DecodeOptions::default()
    };
    let error = OpenImage::of_bytes(&file, &options).unwrap_err();
    let bytes = 65_535 * 65_535 + 65_538 * 65_537 * 3;
    assert!(
        matches!(error, DecodeError::TooManyBytes { bytes: needed, .. } if needed == bytes),
        "{error:?}"
    );
    file[DESCRIPTOR + 5..DESCRIPTOR + 9].fill(0);
    let error = decoded(&file).unwrap_err().to_string();
    assert!(error.contains("its first frame has no pixels"), "{error}");
}

#[test]
fn colors_that_are_their_index_are_gray() {
    let mut file = gif(false);
    for (index, color) in file[13..25].chunks_exact_mut(3).enumerate() {
        color.fill(index as u8);
    }
    let image = decoded(&file).unwrap();
    assert_eq!(image.shape(), ImageShape::u8(4, 3, 1));
    assert_eq!(image.data(), [0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0, 0]);
    // All 256 colors, as Pillow writes gray images.
    file[10] = 0x87;
    file.splice(13..25, (0..=255).flat_map(|index| [index; 3]));
    assert_eq!(decoded(&file).unwrap(), image);
}

#[test]
fn every_cut_of_a_file_is_noticed() {
    for file in [gif(false), gif(true)] {
        // The last three bytes have no pixels: the end of the codes, the empty block, the end of the file.
        for length in 6..file.len() - 3 {
            let error = decoded(&file[..length]).unwrap_err();
            let truncated = matches!(error, DecodeError::Truncated { .. });
            assert!(truncated, "{length}: {error:?}");
        }
    }
}
