//! What callers of the decoder can rely on: crops, targets, and bounds.

mod common;

use common::{decode, encoded};
use pixelflume_jpeg::testing::stream::{Kind, write};
use pixelflume_jpeg::{
    Baseline, Color, Decoder, EncodeOptions, Header, JpegError, Options, Rect, Subsampling, Target,
};

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
