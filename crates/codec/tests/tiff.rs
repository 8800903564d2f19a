//! TIFF files: samples, orientation, what is refused, and the bounds of a directory.

mod tiff_file;

use ::tiff::encoder::{Compression, DeflateLevel, Predictor, TiffEncoder, colortype};
use pixelflume_codec::{DecodeError, DecodeOptions, Format, Need, OpenImage, Orientation, decode};
use pixelflume_ops::{Image, ImageShape};
use std::io::Cursor;
use tiff_file::tiff;

fn decoded(file: &[u8]) -> Result<Image, DecodeError> {
    decode(file, &DecodeOptions::default())
}

/// Why a file is refused.
fn refusal(file: &[u8]) -> String {
    decoded(file).unwrap_err().to_string()
}

/// A file of 5x2 pixels of zeros with these tags.
fn tagged(tags: &[(u16, Option<u32>)]) -> Vec<u8> {
    tiff(5, 2, tags, &[0; 80], false)
}

#[test]
fn samples_of_either_byte_order_are_read() {
    for big in [false, true] {
        let file = tiff(3, 2, &[], &[1, 2, 3, 4, 5, 6], big);
        assert_eq!(Format::of_content(&file), Some(Format::Tiff));
        let image = decoded(&file).unwrap();
        assert_eq!(image.shape(), ImageShape::u8(3, 2, 1));
        assert_eq!(image.data(), [1, 2, 3, 4, 5, 6]);
        let sixteen = [0x12, 0x34, 0, 128, 0, 129, 0xff, 0xff].as_chunks::<2>().0;
        let stored: Vec<u8> = sixteen
            .iter()
            .flat_map(|&[a, b]| if big { [a, b] } else { [b, a] })
            .collect();
        let file = tiff(4, 1, &[(258, Some(16))], &stored, big);
        assert_eq!(decoded(&file).unwrap().data(), [0x12, 0, 1, 255]);
        let opened = OpenImage::of_bytes(&file, &DecodeOptions::default()).unwrap();
        let shape = ImageShape::u8(4, 1, 1);
        assert_eq!(
            opened.need(),
            Need {
                shape,
                bytes: 8 + 4
            }
        );
    }
}

#[test]
fn bits_zero_is_white_and_alpha_are_read() {
    let file = tiff(
        10,
        2,
        &[(258, Some(1))],
        &[0b1010_0000, 0xc0, 0xff, 0],
        false,
    );
    let image = decoded(&file).unwrap();
    let expected = [
        [255, 0, 255, 0, 0, 0, 0, 0, 255, 255],
        [255, 255, 255, 255, 255, 255, 255, 255, 0, 0],
    ];
    assert_eq!(image.data(), expected.as_flattened());
    let file = tiff(2, 1, &[(262, Some(0))], &[0, 10], false);
    assert_eq!(decoded(&file).unwrap().data(), [255, 245]);
    let file = tiff(
        2,
        1,
        &[(277, Some(2)), (338, Some(2))],
        &[7, 8, 9, 10],
        false,
    );
    let image = decoded(&file).unwrap();
    assert_eq!(image.shape(), ImageShape::u8(2, 1, 4));
    assert_eq!(image.data(), [7, 7, 7, 8, 9, 9, 9, 10]);
}

#[test]
fn compressed_files_are_read() {
    let (width, height) = (37, 29);
    let samples: Vec<u8> = (0..width * height * 3)
        .map(|n| (n * n / 11) as u8)
        .collect();
    for (name, compression, predictor) in [
        ("none", Compression::Uncompressed, Predictor::None),
        ("LZW", Compression::Lzw, Predictor::None),
        (
            "LZW of differences",
            Compression::Lzw,
            Predictor::Horizontal,
        ),
        ("PackBits", Compression::Packbits, Predictor::None),
        (
            "Deflate",
            Compression::Deflate(DeflateLevel::Best),
            Predictor::None,
        ),
        (
            "Deflate of differences",
            Compression::Deflate(DeflateLevel::Best),
            Predictor::Horizontal,
        ),
    ] {
        let mut file = Cursor::new(Vec::new());
        let encoder = TiffEncoder::new(&mut file).unwrap();
        let mut encoder = encoder
            .with_compression(compression)
            .with_predictor(predictor);
        encoder
            .write_image::<colortype::RGB8>(width, height, &samples)
            .unwrap();
        let file = file.into_inner();
        let image = decoded(&file).unwrap();
        assert_eq!(image.shape(), ImageShape::u8(width, height, 3));
        assert_eq!(image.data(), samples, "{name}");
        for length in (0..file.len()).step_by(7) {
            assert!(decoded(&file[..length]).is_err(), "{name} {length}");
        }
    }
}

#[test]
fn images_are_turned_as_the_file_says() {
    let file = tiff(3, 1, &[(274, Some(6))], &[1, 2, 3], false);
    let image = decoded(&file).unwrap();
    assert_eq!(image.shape(), ImageShape::u8(1, 3, 1));
    let file = tiff(3, 1, &[(274, Some(3))], &[1, 2, 3], false);
    assert_eq!(decoded(&file).unwrap().data(), [3, 2, 1]);
    let options = DecodeOptions {
        orientation: Orientation::Ignore,
        ..DecodeOptions::default()
    };
    assert_eq!(decode(&file, &options).unwrap().data(), [1, 2, 3]);
    // No orientation.
    let file = tiff(3, 1, &[(274, Some(99))], &[1, 2, 3], false);
    assert_eq!(decoded(&file).unwrap().data(), [1, 2, 3]);
}

#[test]
fn what_is_not_read_is_refused_with_its_reason() {
    for (tags, reason) in [
        (&[(259, Some(7))][..], "compression 7 (JPEG) is not read"),
        (&[(259, Some(4))], "compression 4 (fax) is not read"),
        (&[(258, Some(32))], "(Gray(32)) are not read"),
        (&[(339, Some(2))], "not unsigned integers"),
        (&[(262, Some(5)), (277, Some(4))], "(CMYK(8)) are not read"),
        (
            &[(277, Some(2)), (338, Some(1))],
            "extra samples [1] are not read",
        ),
        (
            &[(277, Some(4)), (262, Some(2)), (338, Some(0))],
            "extra samples [0]",
        ),
        (
            &[
                (322, Some(1 << 30)),
                (323, Some(2)),
                (324, Some(8)),
                (325, Some(80)),
                (273, None),
                (279, None),
            ],
            "tiles of 1073741824 columns",
        ),
    ] {
        let text = refusal(&tagged(tags));
        assert!(text.contains(reason), "{text}");
    }
    let mut file = tagged(&[]);
    file[2] = 43;
    assert!(refusal(&file).contains("BigTIFF"));
}

#[test]
fn values_beyond_the_file_and_too_many_are_refused_before_they_are_read() {
    // The count of tag 273 (the strip offsets, the sixth tag), which is then an offset of values.
    let count = 8 + 80 + 2 + 5 * 12 + 4;
    let with = |values: u32| {
        let mut file = tagged(&[]);
        file[count..count + 4].copy_from_slice(&values.to_le_bytes());
        file
    };
    let text = refusal(&with(1000));
    assert!(
        text.contains("the values of its tag 273 lie beyond the end of the file, at byte 8"),
        "{text}"
    );
    let text = refusal(&with(u32::MAX));
    assert!(
        text.contains("its tag 273 has 4294967295 values, and may have 131072"),
        "{text}"
    );
}
