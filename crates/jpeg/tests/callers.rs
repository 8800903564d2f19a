//! What callers of the decoder can rely on: crops, targets, bounds, and damage as an error.

use pixelflume_jpeg::testing::mutate::Damage as Mutation;
use pixelflume_jpeg::testing::random::Random;
use pixelflume_jpeg::testing::stream::{Kind, write};
use pixelflume_jpeg::{
    Baseline, Color, Damage, Decoder, EncodeOptions, Encoder, Fault, Header, JpegError, Options,
    Rect, Source, Subsampling, Target,
};

/// A photograph-like image: waves of several frequencies.
fn encoded(width: u32, height: u32, channels: u32, options: &EncodeOptions) -> Vec<u8> {
    let mut data = Vec::new();
    for y in 0..height {
        for x in 0..width {
            for c in 0..channels {
                let wave = (f64::from(x * (c + 1)) * 0.3).sin() + (f64::from(y * x) * 0.01).cos();
                data.push((128.0 + 60.0 * wave) as u8);
            }
        }
    }
    let pitch = (width * channels) as usize;
    let source = Source {
        data: &data,
        pitch,
        width,
        height,
        channels,
    };
    let mut file = Vec::new();
    Encoder::new().encode(&source, options, &mut file).unwrap();
    file
}

fn decode(decoder: &mut Decoder, file: &[u8], options: &Options) -> Result<Vec<u8>, JpegError> {
    let header = Header::read(file)?;
    let frame = header.frame();
    let whole = Rect {
        x: 0,
        y: 0,
        width: frame.width(),
        height: frame.height(),
    };
    let Rect { width, height, .. } = options.crop.unwrap_or(whole);
    let pitch = width as usize * options.color.channels(header.color());
    let mut data = vec![0; pitch * height as usize];
    decoder.decode(
        file,
        options,
        Target {
            data: &mut data,
            pitch,
        },
    )?;
    Ok(data)
}

#[test]
fn a_crop_has_the_pixels_of_the_whole_image() {
    let mut decoder = Decoder::new();
    for subsampling in [Subsampling::S420, Subsampling::S444, Subsampling::S440] {
        for restart_interval in [0, 3] {
            let settings = EncodeOptions {
                subsampling,
                restart_interval,
                ..EncodeOptions::default()
            };
            let file = encoded(83, 61, 3, &settings);
            for color in [Color::Rgb, Color::Gray] {
                let options = Options {
                    color,
                    ..Options::default()
                };
                let whole = decode(&mut decoder, &file, &options).unwrap();
                let channels = whole.len() / (83 * 61);
                for (x, y, width, height) in [
                    (0, 0, 83, 61),
                    (0, 0, 1, 1),
                    (82, 60, 1, 1),
                    (15, 16, 17, 15),
                    (31, 7, 40, 33),
                    (5, 48, 70, 2),
                ] {
                    let crop = Some(Rect {
                        x,
                        y,
                        width,
                        height,
                    });
                    let got = decode(&mut decoder, &file, &Options { crop, ..options }).unwrap();
                    let rows = got.chunks_exact(width as usize * channels);
                    for (row, got) in (y as usize..).zip(rows) {
                        let start = (row * 83 + x as usize) * channels;
                        assert_eq!(got, &whole[start..start + got.len()], "{crop:?} {color:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_crop_or_a_target_that_does_not_fit_is_an_error() {
    let mut decoder = Decoder::new();
    let file = encoded(20, 10, 3, &EncodeOptions::default());
    for (x, y, width, height) in [
        (0, 0, 21, 1),
        (20, 0, 1, 1),
        (0, 0, 0, 1),
        (0, u32::MAX, 1, 2),
    ] {
        let options = Options {
            crop: Some(Rect {
                x,
                y,
                width,
                height,
            }),
            ..Options::default()
        };
        let mut data = [0; 600];
        let error = decoder.decode(
            &file,
            &options,
            Target {
                data: &mut data,
                pitch: 60,
            },
        );
        assert!(
            matches!(
                error,
                Err(JpegError::Crop {
                    image_width: 20,
                    ..
                })
            ),
            "{error:?}"
        );
    }
    for (bytes, pitch) in [(599, 60), (600, 61), (600, 59), (0, usize::MAX), (600, 0)] {
        let mut data = vec![0; bytes];
        let error = decoder.decode(
            &file,
            &Options::default(),
            Target {
                data: &mut data,
                pitch,
            },
        );
        assert_eq!(
            error,
            Err(JpegError::Target {
                bytes,
                pitch,
                rows: 10,
                row: 60
            })
        );
    }
    // Rows may lie apart; what is between them is not written.
    let mut data = vec![7; 9 * 64 + 60];
    decoder
        .decode(
            &file,
            &Options::default(),
            Target {
                data: &mut data,
                pitch: 64,
            },
        )
        .unwrap();
    assert!(
        data.chunks(64)
            .all(|row| row[60..].iter().all(|&byte| byte == 7))
    );
}

#[test]
fn memory_is_bounded_before_it_is_taken() {
    let mut decoder = Decoder::new();
    let file = encoded(64, 64, 3, &EncodeOptions::default());
    let options = Options::default();
    let bytes = Header::read(&file).unwrap().bytes_needed(&options).unwrap();
    let allowed = Options {
        max_bytes: bytes,
        ..options
    };
    decode(&mut decoder, &file, &allowed).unwrap();
    let limit = bytes - 1;
    let error = decode(
        &mut decoder,
        &file,
        &Options {
            max_bytes: limit,
            ..options
        },
    );
    assert_eq!(error, Err(JpegError::TooManyBytes { bytes, limit }));
    // The header of a large image alone is no reason to take memory.
    let header = [
        0xFF, 0xD8, 0xFF, 0xC2, 0, 11, 8, 0xFF, 0, 0xFF, 0, 1, 1, 0x11, 0, 0xFF, 0xDA, 0, 8, 1, 1,
        0, 0, 0, 0,
    ];
    let crop = Some(Rect {
        x: 0,
        y: 0,
        width: 1,
        height: 1,
    });
    let error = decode(
        &mut decoder,
        &header,
        &Options {
            crop,
            allow_truncated: true,
            ..options
        },
    );
    assert!(
        matches!(error, Err(JpegError::TooManyBytes { .. })),
        "{error:?}"
    );
}

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
fn coefficients_become_the_pixels_on_another_device() {
    let mut decoder = Decoder::new();
    let file = encoded(40, 24, 3, &EncodeOptions::default());
    let baseline = Baseline::of(&file).unwrap();
    let coefficients = decoder.coefficients(&file, &Options::default()).unwrap();
    let components: Vec<_> = coefficients.components().collect();
    assert_eq!(
        components
            .iter()
            .map(|c| (c.columns, c.blocks.len()))
            .collect::<Vec<_>>(),
        [(6, 24), (3, 6), (3, 6)]
    );
    for (component, of_file) in components.iter().zip(baseline.components()) {
        assert_eq!(component.quantizer, of_file.quantizer);
    }
    // Below a crop, nothing is read.
    let top = Options {
        crop: Some(Rect {
            x: 0,
            y: 0,
            width: 1,
            height: 1,
        }),
        ..Options::default()
    };
    let mut damaged = file.clone();
    damaged.truncate(baseline.data.end - 20);
    let error = Decoder::new()
        .coefficients(&damaged, &Options::default())
        .map(drop);
    assert!(
        matches!(error, Err(JpegError::Truncated { .. })),
        "{error:?}"
    );
    let mut other = Decoder::new();
    let of_top = other.coefficients(&damaged, &top).unwrap();
    let blocks = of_top.components().next().unwrap().blocks;
    assert_eq!(blocks[..12], components[0].blocks[..12]);
    assert!(blocks[12..].iter().all(|block| *block == [0; 64]));
    // The mean of a block is its DC coefficient, dequantized, by 8.
    let dc = i32::from(components[0].blocks[0][0]) * i32::from(components[0].quantizer[0]);
    let options = Options {
        color: Color::Gray,
        crop: Some(Rect {
            x: 0,
            y: 0,
            width: 8,
            height: 8,
        }),
        ..Options::default()
    };
    let gray = decode(&mut decoder, &file, &options).unwrap();
    let sum: i32 = gray.iter().map(|&sample| i32::from(sample) - 128).sum();
    assert!((sum / 8 - dc).abs() <= 8, "{sum} {dc}");
}

#[test]
fn data_of_whole_files_are_within_what_their_image_can_use() {
    for seed in 0..400 {
        for kind in [
            Kind::Baseline,
            Kind::Tiny,
            Kind::Extreme,
            Kind::WithoutTables,
        ] {
            let file = write(kind, seed, 60);
            if Decoder::new()
                .coefficients(&file, &Options::default())
                .is_err()
            {
                continue;
            }
            let Some(mut baseline) = Baseline::of(&file) else {
                continue;
            };
            // Its end marker comes within that, whatever follows.
            let most = baseline.most_data_bytes() as usize;
            let long = [&file[..], &vec![0; most]].concat();
            baseline.data.end = long.len();
            assert!(baseline.end_data(&long), "{kind:?} {seed}");
            assert!(
                baseline.data.end <= file.len(),
                "{kind:?} {seed}: {:?}",
                baseline.data
            );
        }
    }
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
