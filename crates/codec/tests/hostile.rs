//! Damaged files of every format: no panic reaches the caller, and no more memory is taken than the header was said to need.

mod common;
mod gif_file;
mod tiff_file;
mod webp_files;

use common::with_orientation;
use gif_file::gif;
use image::{DynamicImage, ImageFormat};
use pixelflume_codec::{
    Color, DECODER_BYTES, DecodeError, DecodeOptions, EncodeOptions, Format, Limits, OpenImage,
    Orientation, Rect, encode,
};
use pixelflume_heap_counter::{Counting, peak};
use pixelflume_ops::{Image, ImageView};
use proptest::prelude::*;
use proptest::sample::Index;
use std::alloc::System;
use std::io::Cursor;
use tiff_file::tiff;
use webp_files::STILL;

#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

/// Pixels that every file of these tests may claim.
const LIMITS: Limits = Limits {
    max_pixels: 1 << 20,
    max_bytes: 16 << 20,
    max_batch_bytes: 16 << 20,
};

const OPTIONS: DecodeOptions = DecodeOptions {
    limits: LIMITS,
    orientation: Orientation::Exif,
    color: Color::Keep,
    allow_truncated: false,
    crop: None,
};

/// A part that all of the files have.
const CROPPED: DecodeOptions = DecodeOptions {
    crop: Some(Rect {
        x: 1,
        y: 0,
        width: 1,
        height: 1,
    }),
    ..OPTIONS
};

/// What decoders of these small files take besides: tables, rows, and copies of the file.
const BESIDE: u64 = 512 << 10;

/// Files of all formats and channels.
fn files() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for format in Format::ALL {
        for channels in [1, 3, 4] {
            let image = Image::from_fn(19, 13, channels, |x, y, c| (x * y * 7 + c * 50) as u8);
            files.extend(encode(
                ImageView::from(&image.unwrap()),
                format,
                &EncodeOptions::default(),
            ));
        }
    }
    // Images that are turned, and samples that are converted.
    let gray = Image::from_fn(16, 24, 1, |x, y, _| (x * 9 + y * 4) as u8).unwrap();
    let jpeg = encode(
        ImageView::from(&gray),
        Format::Jpeg,
        &EncodeOptions::default(),
    )
    .unwrap();
    files.push(with_orientation(&jpeg, 6));
    let deep = DynamicImage::new_rgba16(11, 9);
    let alpha = DynamicImage::new_luma_a8(11, 9);
    for image in [deep, alpha] {
        let mut file = Cursor::new(Vec::new());
        image.write_to(&mut file, ImageFormat::Png).unwrap();
        files.push(file.into_inner());
    }
    files.push(gif(false));
    files.push(gif(true));
    files.extend(tiffs());
    let webps = STILL.iter().filter(|(name, ..)| *name != "lossless_one");
    files.extend(webps.map(|(_, webp, _)| webp.to_vec()));
    files.push(b"P2 3 2 100\n1 2 3 4 5 6\n".to_vec());
    files.push(b"P1 3 2\n1 0 1 0 1 0\n".to_vec());
    files.push(
        b"P7\nWIDTH 2\nHEIGHT 1\nDEPTH 2\nMAXVAL 65535\nTUPLTYPE GRAYSCALE_ALPHA\nENDHDR\n12345678"
            .to_vec(),
    );
    files
}

/// TIFF files of several kinds of samples and compressions.
fn tiffs() -> Vec<Vec<u8>> {
    use ::tiff::encoder::{Compression, DeflateLevel, Predictor, TiffEncoder, colortype};
    let samples: Vec<u8> = (0..24 * 17 * 3).map(|n| (n * n / 7) as u8).collect();
    let compressed = |compression, predictor| {
        let mut file = Cursor::new(Vec::new());
        let encoder = TiffEncoder::new(&mut file).unwrap();
        let mut encoder = encoder
            .with_compression(compression)
            .with_predictor(predictor);
        encoder
            .write_image::<colortype::RGB8>(24, 17, &samples)
            .unwrap();
        file.into_inner()
    };
    vec![
        tiff(5, 3, &[(274, Some(6))], &samples[..15], true),
        tiff(10, 4, &[(258, Some(1))], &samples[..8], false),
        tiff(
            5,
            3,
            &[(258, Some(16)), (262, Some(0))],
            &samples[..30],
            true,
        ),
        tiff(
            5,
            3,
            &[(277, Some(2)), (338, Some(2))],
            &samples[..30],
            false,
        ),
        compressed(Compression::Lzw, Predictor::None),
        compressed(Compression::Packbits, Predictor::None),
        compressed(
            Compression::Deflate(DeflateLevel::Balanced),
            Predictor::Horizontal,
        ),
    ]
}

/// A change of a file.
#[derive(Clone, Debug)]
enum Change {
    Byte(Index, u8),
    Cut(Index),
    Remove(Index, usize),
    Repeat(Index, usize),
    Insert(Index, Vec<u8>),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<Index>;
    // Bytes that steer decoders: markers, maxima, digits.
    let byte = prop_oneof![any::<u8>(), Just(0xff), Just(0), Just(0x7f), b'0'..=b'9'];
    prop_oneof![
        6 => (at(), byte).prop_map(|(at, byte)| Change::Byte(at, byte)),
        1 => at().prop_map(Change::Cut),
        1 => (at(), 1..20_usize).prop_map(|(at, count)| Change::Remove(at, count)),
        1 => (at(), 1..200_usize).prop_map(|(at, count)| Change::Repeat(at, count)),
        1 => (at(), prop::collection::vec(any::<u8>(), 1..20)).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
    ]
}

fn apply(file: &mut Vec<u8>, change: &Change) {
    if file.is_empty() {
        return;
    }
    let length = file.len();
    let end = |at: usize, count: usize| (at + count).min(length);
    match change {
        Change::Byte(at, byte) => file[at.index(length)] = *byte,
        Change::Cut(at) => file.truncate(at.index(length)),
        Change::Remove(at, count) => {
            let at = at.index(length);
            file.drain(at..end(at, *count));
        }
        Change::Repeat(at, count) => {
            let at = at.index(length);
            let part = file[at..end(at, *count)].to_vec();
            file.splice(at..at, part);
        }
        Change::Insert(at, bytes) => {
            let at = at.index(length);
            file.splice(at..at, bytes.iter().copied());
        }
    }
}

/// Decodes a file and returns the reason why it cannot be; the image has the shape, and takes the memory, that its header said.
fn decode_within_bounds(file: &[u8], options: &DecodeOptions) -> Option<DecodeError> {
    let (opening, opened) = peak(|| OpenImage::of_bytes(file, options));
    assert!(opening <= BESIDE, "{opening} bytes for a header");
    let opened = match opened {
        Ok(opened) => opened,
        Err(error) => return Some(error),
    };
    let need = opened.need();
    assert!(need.bytes <= LIMITS.max_bytes);
    let (decoding, image) = peak(|| opened.decode());
    assert!(
        decoding <= need.bytes + BESIDE,
        "{decoding} bytes, where {need:?} was said"
    );
    match image {
        Ok(image) => {
            assert_eq!(image.shape(), need.shape);
            None
        }
        Err(error) => Some(error),
    }
}

/// A TIFF file of as many strips as a file may have is opened within the memory of a decoder.
fn strips_take_the_memory_of_a_decoder() {
    const STRIPS: u32 = 1 << 17;
    // The pixels are the table of strips, whose entries are all 8: both the place and the length of a strip.
    let table = 8_u32.to_le_bytes().repeat(STRIPS as usize);
    let mut file = tiff(1, STRIPS, &[(278, Some(1))], &table, false);
    let directory = 8 + table.len() + 2;
    for (entry, tag) in [(5, 273_u16), (8, 279)] {
        let entry = &mut file[directory + entry * 12..][..12];
        assert_eq!(entry[..2], tag.to_le_bytes());
        // Values of type LONG, which lie at byte 8.
        entry[2..4].copy_from_slice(&[4, 0]);
        entry[4..8].copy_from_slice(&STRIPS.to_le_bytes());
        entry[8..].copy_from_slice(&[8, 0, 0, 0]);
    }
    let (opening, opened) = peak(|| OpenImage::of_bytes(&file, &OPTIONS));
    assert!(opening <= DECODER_BYTES, "{opening} bytes");
    let image = opened.unwrap().decode().unwrap();
    assert!(image.data().iter().all(|&sample| sample == 8));
}

/// One test, since others would count each other's memory.
#[test]
fn damaged_files_are_errors_within_their_memory() {
    let files = files();
    for file in &files {
        assert!(decode_within_bounds(file, &OPTIONS).is_none());
        assert!(decode_within_bounds(file, &CROPPED).is_none());
    }
    strips_take_the_memory_of_a_decoder();
    let changes = prop::collection::vec(change(), 1..6);
    let strategy = (any::<Index>(), changes);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(8_000));
    let result = runner.run(&strategy, |(index, changes)| {
        let mut file = index.get(&files).clone();
        for change in &changes {
            apply(&mut file, change);
        }
        // A panic that was caught is noted on stderr, and is an error of the file.
        for options in [&OPTIONS, &CROPPED] {
            if let Some(error) = decode_within_bounds(&file, options) {
                prop_assert!(error.to_string().chars().count() < 400, "{error}");
            }
        }
        Ok(())
    });
    result.unwrap();
}
