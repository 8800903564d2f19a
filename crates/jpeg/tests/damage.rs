//! What the decoder makes of files that are damaged, cut, or not valid: an error that says where, or as much as there is.

mod common;

use common::{decode, encoded};
use pixelflume_jpeg::testing::mutate::Damage as Mutation;
use pixelflume_jpeg::testing::random::Random;
use pixelflume_jpeg::testing::stream::{Kind, write};
use pixelflume_jpeg::{Baseline, Color, Damage, Decoder, EncodeOptions, Fault, JpegError, Options};

#[test]
fn scans_without_end_are_an_error() {
    // A gray progressive image of 1040x1040 with many scans that have no data, each of which visits every block.
    let mut file = vec![0xFF, 0xD8];
    let head = {
        let mut head = vec![0xFF, 0xDB, 0, 67, 0];
        head.extend([1; 64]);
        head.extend([0xFF, 0xC2, 0, 11, 8, 4, 16, 4, 16, 1, 1, 0x11, 0]);
        head
    };
    let scan = [0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 0, 0x10];
    let few = [&file, &head[..], &scan.repeat(4), &[0xFF, 0xD9]].concat();
    // Bytes of other segments allow no more scans.
    for _ in 0..20 {
        file.extend([0xFF, 0xE5, 0xFF, 0xFF]);
        file.extend([7; 65_533]);
    }
    let many = [&file, &head[..], &scan.repeat(300), &[0xFF, 0xD9]].concat();
    let options = Options {
        allow_truncated: true,
        color: Color::Gray,
        ..Options::default()
    };
    let mut decoder = Decoder::new();
    decode(&mut decoder, &few, &options).unwrap();
    let blocks = 130 * 130;
    let expected = JpegError::TooManyScans {
        blocks: 5 * blocks,
        limit: 4 * blocks,
    };
    assert_eq!(decode(&mut decoder, &many, &options), Err(expected));
}

#[test]
fn cut_and_damaged_files_are_errors_unless_they_are_allowed() {
    let mut decoder = Decoder::new();
    let settings = EncodeOptions {
        restart_interval: 2,
        ..EncodeOptions::default()
    };
    let file = encoded(64, 64, 3, &settings);
    let lenient = Options {
        allow_truncated: true,
        ..Options::default()
    };
    let data = Baseline::of(&file).unwrap().data;
    for length in 0..file.len() {
        let cut = &file[..length];
        let error = decode(&mut decoder, cut, &Options::default());
        // The end marker and the padding before it are not needed.
        if length < file.len() - 3 {
            assert_eq!(
                error,
                Err(JpegError::Truncated { offset: length }),
                "{length}"
            );
        }
        if length >= data.start {
            decode(&mut decoder, cut, &lenient).unwrap();
        }
    }
    let marker = data
        .clone()
        .find(|&at| file[at..].starts_with(&[0xFF, 0xD1]))
        .unwrap();
    let mut damaged = file.clone();
    damaged[marker + 1] = 0xD5;
    let error = decode(&mut decoder, &damaged, &Options::default());
    let damage = Damage::Restart {
        expected: 0xD1,
        found: 0xD5,
    };
    assert_eq!(
        error,
        Err(JpegError::Damaged {
            offset: marker,
            damage
        })
    );
    decode(&mut decoder, &damaged, &lenient).unwrap();
    damaged[marker + 1] = 0xC4;
    let error = decode(&mut decoder, &damaged, &Options::default());
    assert!(
        matches!(error, Err(JpegError::Damaged { offset, .. }) if offset == marker),
        "{error:?}"
    );
}

#[test]
fn pixels_and_coefficients_of_a_damaged_and_cut_file_have_the_same_error() {
    let (mut of_pixels, mut of_coefficients) = (Decoder::new(), Decoder::new());
    let settings = EncodeOptions {
        restart_interval: 2,
        ..EncodeOptions::default()
    };
    let whole = encoded(64, 64, 1, &settings);
    let data = Baseline::of(&whole).unwrap().data;
    let marker = |number: u8| {
        let is_there = |&at: &usize| whole[at..].starts_with(&[0xFF, number]);
        data.clone().find(is_there).unwrap()
    };
    let changes = [
        (marker(0xD1) + 1, 0xD5),
        (marker(0xD2) + 1, 0xC4),
        (marker(0xD3) + 1, 0xD4),
        (marker(0xD5) - 4, 0xFF),
        (data.start + 3, 0xFF),
    ];
    // A component with 2 rows of blocks to an MCU is read by one row or two before anybody asks for damage.
    let frame = whole.windows(2).position(|bytes| bytes == [0xFF, 0xC0]);
    let factors = frame.unwrap() + 11;
    for factor in [0x11, 0x22] {
        for (place, byte) in changes {
            let mut file = whole.clone();
            (file[factors], file[place]) = (factor, byte);
            let mut damaged = 0;
            for length in data.start..=file.len() {
                let cut = &file[..length];
                let options = Options::default();
                let pixels = decode(&mut of_pixels, cut, &options).err();
                let coefficients = of_coefficients.coefficients(cut, &options).err();
                assert_eq!(pixels, coefficients, "{factor:x} {place} {length}");
                damaged += usize::from(matches!(pixels, Some(JpegError::Damaged { .. })));
            }
            assert!(damaged > 0, "{factor:x} {place}");
        }
    }
}

#[test]
fn structures_that_are_not_valid_are_errors_with_their_place() {
    let mut decoder = Decoder::new();
    let file = encoded(16, 16, 3, &EncodeOptions::default());
    let at = |marker: u8| {
        file.windows(2)
            .position(|bytes| bytes == [0xFF, marker])
            .unwrap()
    };
    let mut decode = |file: &[u8]| decode(&mut decoder, file, &Options::default()).err();
    let with = |place: usize, byte: u8| {
        let mut file = file.clone();
        file[place] = byte;
        file
    };
    let length = Fault::Length {
        marker: 0xC0,
        length: 0x1211,
    };
    let offset = at(0xC0);
    assert_eq!(
        decode(&with(offset + 2, 0x12)),
        Some(JpegError::Invalid {
            offset,
            fault: length
        })
    );
    let no_table = Fault::NoQuantizer { slot: 3 };
    let error = decode(&with(offset + 12, 3));
    assert!(
        matches!(error, Some(JpegError::Invalid { fault, .. }) if fault == no_table),
        "{error:?}"
    );
    let precision = decode(&with(offset + 4, 12)).unwrap().to_string();
    assert_eq!(
        precision,
        "not supported: 12 bits for a sample; files of 8 bits are decoded"
    );
    let arithmetic = decode(&with(offset + 1, 0xC9)).unwrap().to_string();
    assert_eq!(arithmetic, "not supported: arithmetic coding");
    assert_eq!(decode(b"GIF89a"), Some(JpegError::NotJpeg));
    assert_eq!(decode(b""), Some(JpegError::Truncated { offset: 0 }));
    let ended = [0xFF, 0xD8, 0xFF, 0xD9];
    let fault = Fault::NoScan;
    assert_eq!(
        decode(&ended),
        Some(JpegError::Invalid { offset: 2, fault })
    );
}

#[test]
fn files_give_the_same_up_to_the_end_of_their_data() {
    let random = &mut Random::new(7);
    let mut decoder = Decoder::new();
    let (mut ended, mut decoded) = (0, 0);
    for seed in 0..600 {
        let mut file = write(random.pick(&[Kind::Baseline, Kind::Tiny]), seed, 30);
        if random.chance(70) {
            file = random.pick(&Mutation::ALL).1.apply(random, &file);
        }
        let Some(most) = Baseline::of(&file).map(|baseline| baseline.most_data_bytes()) else {
            continue;
        };
        // Another image, junk with markers, or zeros.
        let more = match random.below(3) {
            0 => write(Kind::Baseline, seed + 1, 30).repeat(most as usize / 200 + 1),
            1 => (0..most + 99)
                .map(|_| random.pick(&[0xFF, 0xD1, 0, 3, 0xD9]))
                .collect(),
            _ => vec![0; most as usize + 99],
        };
        file.extend(more);
        let mut baseline = Baseline::of(&file).expect("it was one before");
        if !baseline.end_data(&file) {
            continue;
        }
        ended += usize::from(baseline.data.end < file.len());
        let cut = &file[..baseline.data.end];
        for allow_truncated in [false, true] {
            let options = Options {
                allow_truncated,
                ..Options::default()
            };
            let whole = decode(&mut decoder, &file, &options);
            decoded += usize::from(whole.is_ok());
            assert_eq!(decode(&mut decoder, cut, &options), whole, "{seed}");
        }
    }
    assert!(ended > 200 && decoded > 300, "{ended}, {decoded}");
}
