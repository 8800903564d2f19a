//! WebP files: the pixels that Pillow 13 reads, and the memory that the files are said to take.

mod webp_files;

use pixelflume_codec::{DecodeError, DecodeOptions, Format, OpenImage, Orientation, decode};
use webp_files::STILL;

/// An animation of two frames.
const ANIMATION: &[u8] = include_bytes!("webp/animation.webp");

#[test]
fn pixels_are_those_that_pillow_reads() {
    let options = DecodeOptions {
        orientation: Orientation::Ignore,
        ..DecodeOptions::default()
    };
    for (name, webp, png) in STILL {
        assert_eq!(Format::of_content(webp), Some(Format::WebP));
        let opened = OpenImage::of_bytes(webp, &options).unwrap();
        let image = opened.decode().unwrap();
        assert_eq!(image, decode(png, &options).unwrap(), "{name}");
    }
}

#[test]
fn exif_data_turn_the_image() {
    let turned = STILL.iter().find(|(name, ..)| *name == "lossy_turned");
    let image = decode(turned.unwrap().1, &DecodeOptions::default()).unwrap();
    assert_eq!((image.shape().width, image.shape().height), (29, 37));
}

#[test]
fn animations_and_cut_files_are_refused() {
    let options = DecodeOptions::default();
    let error = decode(ANIMATION, &options).unwrap_err().to_string();
    assert!(error.contains("an animation"), "{error}");
    for (name, webp, _) in STILL {
        // The chunk of the pixels may end with a byte that rounds its size.
        for length in (0..webp.len() - 2).step_by(webp.len() / 50 + 1) {
            let error = decode(&webp[..length], &options).unwrap_err();
            let is_expected = matches!(
                error,
                DecodeError::Truncated { .. }
                    | DecodeError::Damaged { .. }
                    | DecodeError::Unknown { .. }
            );
            assert!(is_expected, "{name} {length}: {error:?}");
        }
    }
}

/// Bits, the lowest of a byte first.
#[derive(Default)]
struct Bits(Vec<bool>);

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        self.0.extend((0..count).map(|bit| value >> bit & 1 == 1));
    }

    /// A code of one symbol, which has no bits.
    fn single(&mut self, symbol: u32) {
        self.put(0b101, 3);
        self.put(symbol, 8);
    }

    fn into_file(self) -> Vec<u8> {
        let bytes = self.0.chunks(8).map(|bits| {
            let bits = bits.iter().enumerate();
            bits.fold(0, |byte, (place, &bit)| byte | u8::from(bit) << place)
        });
        let bytes: Vec<u8> = bytes.collect();
        let size = |extra: usize| (bytes.len() as u32 + extra as u32).to_le_bytes();
        [b"RIFF", &size(12)[..], b"WEBPVP8L", &size(0), &bytes].concat()
    }
}

/// A file of 8x8 pixels with so many groups of codes. Their green has codes of up to 15 bits, for which the decoder makes a table of 4 KiB.
fn many_groups(groups: u32) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0x2f, 8);
    bits.put(7, 14);
    bits.put(7, 14);
    bits.put(0, 4);
    // No transform, no cache of colors, and groups for blocks of 4x4 pixels, of which each has the last one.
    bits.put(0, 2);
    bits.put(1, 1);
    bits.put(0, 3);
    bits.put(0, 1);
    let last = groups - 1;
    for symbol in [last & 0xff, last >> 8, 0, 0, 0] {
        bits.single(symbol);
    }
    for _ in 0..groups {
        // Codes of 1 to 15 bits, each by a code of 4 bits: the lengths 0 to 15 have one each.
        bits.put(0, 1);
        bits.put(15, 4);
        for length in [0, 0, 4, 4, 4, 4, 4, 4, 0, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4] {
            bits.put(length, 3);
        }
        // 16 lengths follow.
        bits.put(1, 1);
        bits.put(1, 3);
        bits.put(14, 4);
        for length in (1..=15).chain([15]) {
            let reversed = (0..4).fold(0, |code, bit| code | (length >> bit & 1) << (3 - bit));
            bits.put(reversed, 4);
        }
        for _ in 1..5 {
            bits.single(0);
        }
    }
    // Pixels of the first symbol.
    bits.0.resize(bits.0.len() + 64 * 16, false);
    bits.into_file()
}

#[test]
fn an_image_of_another_size_than_its_canvas_is_refused_before_memory_is_taken() {
    for name in ["lossy_alpha", "lossy_turned"] {
        let file = STILL.iter().find(|(of, ..)| *of == name).unwrap().1;
        let mut file = file.to_vec();
        assert_eq!(&file[12..16], b"VP8X");
        // The canvas: three bytes for the width, and three for the height, each without 1.
        file[24..30].copy_from_slice(&[0xff, 0x1f, 0, 0xff, 0x1f, 0]);
        let error = OpenImage::of_bytes(&file, &DecodeOptions::default()).unwrap_err();
        assert!(error.to_string().contains("than its canvas"), "{error}");
        // The same of a lossless image.
        let lossless = STILL.iter().find(|(of, ..)| *of == "lossless").unwrap().1;
        let file = [&file[..30], &lossless[12..]].concat();
        let error = OpenImage::of_bytes(&file, &DecodeOptions::default()).unwrap_err();
        assert!(error.to_string().contains("than its canvas"), "{error}");
    }
}

#[test]
fn files_of_very_many_chunks_are_refused() {
    let file = STILL
        .iter()
        .find(|(of, ..)| *of == "lossy_alpha")
        .unwrap()
        .1;
    let chunks = b"none\0\0\0\0".repeat(1100);
    let mut file = [&file[..30], &chunks, &file[30..]].concat();
    let bytes = (file.len() as u32 - 8).to_le_bytes();
    file[4..8].copy_from_slice(&bytes);
    let error = decode(&file, &DecodeOptions::default()).unwrap_err();
    assert!(error.to_string().contains("1024 chunks"), "{error}");
}

#[test]
fn groups_of_codes_are_counted_before_they_are_made() {
    let file = many_groups(300);
    let opened = OpenImage::of_bytes(&file, &DecodeOptions::default()).unwrap();
    let bytes = opened.need().bytes;
    assert!(bytes > 300 * 4096, "{bytes}");
    assert_eq!(opened.decode().unwrap().data()[..3], [0, 0, 0]);
    // 44 bytes of a file for each 4 KiB of tables.
    let file = many_groups(60_000);
    let options = DecodeOptions {
        limits: pixelflume_codec::Limits {
            max_bytes: 100 << 20,
            ..Default::default()
        },
        ..DecodeOptions::default()
    };
    let error = OpenImage::of_bytes(&file, &options).unwrap_err();
    assert!(
        matches!(error, DecodeError::TooManyBytes { bytes, .. } if bytes > 60_000 * 4096),
        "{error:?}"
    );
}
