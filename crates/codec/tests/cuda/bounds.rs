//! What batches take on the device: limits, batches in flight, memory that is used again.

use crate::files::{expected, images};
use crate::pixels::{check, decoder};
use pixelflume_codec::cuda::{BatchConfig, BatchError, BatchOptions};
use pixelflume_codec::{
    DecodeError, DecodeOptions, FileBatch, Limits, OpenImage, Rect, decode, decode_all,
};
use pixelflume_jpeg::testing::photograph::photograph;
use pixelflume_jpeg::testing::random::Random;
use pixelflume_jpeg::testing::stream::{Kind, write};
use pixelflume_jpeg::{EncodeOptions, Header};
use pixelflume_memory::MemoryManager;

#[test]
fn the_images_of_a_batch_are_bounded_together() {
    let (decoder, memory) = decoder(BatchConfig::default());
    let files: Vec<_> = (0..4).map(|seed| write(Kind::Baseline, seed, 60)).collect();
    let all: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let whole = BatchOptions::default();
    let bytes = |file| expected(file, &whole).unwrap().1.len() as u64;
    let beside = |file: &Vec<u8>| {
        let opened = OpenImage::of_bytes(file, &whole.decode).unwrap();
        opened.need().bytes - opened.need().shape.bytes() as u64
    };
    let beside = files.iter().map(beside).max().unwrap();
    let three = bytes(&files[0]) + bytes(&files[1]) + bytes(&files[3]);
    let limits = Limits {
        max_batch_bytes: three + beside - 1,
        ..Limits::default()
    };
    let options = BatchOptions::from(DecodeOptions {
        limits,
        ..DecodeOptions::default()
    });
    let got = images(decoder.submit(&all, &options).unwrap(), &memory).unwrap();
    // The same files as on the CPU.
    let by_cpu = decode_all(&all, &options.decode);
    for (index, (got, by_cpu)) in got.iter().zip(&by_cpu).enumerate() {
        match (got, by_cpu) {
            (Ok((_, data)), Ok(image)) => assert_eq!(data, image.data()),
            (Err(error), Err(by_cpu)) => {
                assert!(
                    index > 1 && error.contains("and a batch may take"),
                    "{error}"
                );
                assert!(matches!(by_cpu, DecodeError::BatchFull { .. }), "{by_cpu}");
            }
            other => panic!("{index}: {other:?}"),
        }
    }
    assert!(got[0].is_ok() && got[1].is_ok() && got.iter().any(Result::is_err));
}

#[test]
fn files_of_other_formats_take_no_room_from_a_batch() {
    let (decoder, memory) = decoder(BatchConfig::default());
    let jpeg = photograph(64, 64, 3, 1, &EncodeOptions::default());
    let need = OpenImage::of_bytes(&jpeg, &DecodeOptions::default())
        .unwrap()
        .need();
    // It has the room of the JPEG file, which comes behind it.
    let mut gray = b"P5 64 192 255\n".to_vec();
    gray.resize(gray.len() + 64 * 192, 7);
    let limits = Limits {
        max_batch_bytes: need.bytes,
        ..Limits::default()
    };
    let options = BatchOptions::from(DecodeOptions {
        limits,
        ..DecodeOptions::default()
    });
    let got = images(decoder.submit(&[&gray, &jpeg], &options).unwrap(), &memory).unwrap();
    let refused = got[0].as_ref().unwrap_err();
    assert!(refused.contains("no JPEG file"), "{refused}");
    let (_, pixels) = got[1].as_ref().unwrap();
    assert_eq!(*pixels, decode(&jpeg, &options.decode).unwrap().data());
}

#[test]
fn limits_hold_for_each_image() {
    let (decoder, memory) = decoder(BatchConfig::default());
    let files: Vec<_> = (0..4).map(|seed| write(Kind::Baseline, seed, 60)).collect();
    let all: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let sizes: Vec<u64> = files
        .iter()
        .map(|file| {
            let header = Header::read(file).unwrap();
            u64::from(header.frame().width()) * u64::from(header.frame().height())
        })
        .collect();
    let limit = *sizes.iter().max().unwrap() - 1;
    let within = |limits| {
        BatchOptions::from(DecodeOptions {
            limits,
            ..DecodeOptions::default()
        })
    };
    let options = within(Limits {
        max_pixels: limit,
        ..Limits::default()
    });
    let got = images(decoder.submit(&all, &options).unwrap(), &memory).unwrap();
    for (got, pixels) in got.iter().zip(&sizes) {
        assert_eq!(got.is_ok(), *pixels <= limit);
    }
    let options = within(Limits {
        max_bytes: 100,
        ..Limits::default()
    });
    let got = images(decoder.submit(&all, &options).unwrap(), &memory).unwrap();
    for got in got {
        let error = got.unwrap_err();
        assert!(error.contains("may take 100"), "{error}");
    }
    assert!(
        images(decoder.submit(&[], &options).unwrap(), &memory)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn batches_in_flight_are_bounded_and_keep_their_images() {
    let (decoder, memory) = decoder(BatchConfig::default());
    let options = BatchOptions::default();
    let batch = |seed| {
        [
            write(Kind::Baseline, seed, 80),
            write(Kind::Progressive, seed, 80),
        ]
    };
    let submit = |files: &[Vec<u8>]| {
        let all: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
        decoder.submit(&all, &options)
    };
    let mut before = (submit(&batch(1)).unwrap(), batch(1));
    for seed in 2..8 {
        let next = (submit(&batch(seed)).unwrap(), batch(seed));
        let error = submit(&batch(0)).map(drop).unwrap_err();
        assert!(
            matches!(error, BatchError::InFlight { limit: 2 }),
            "{error}"
        );
        check(&images(before.0, &memory).unwrap(), &before.1, &options);
        before = next;
    }
    // A batch that nobody waits for makes room as well.
    drop(before);
    drop((submit(&batch(1)).unwrap(), submit(&batch(2)).unwrap()));
    let files = batch(3);
    check(
        &images(submit(&files).unwrap(), &memory).unwrap(),
        &files,
        &options,
    );
}

#[test]
fn from_the_third_batch_on_nothing_is_allocated_on_the_device() {
    let (decoder, memory) = decoder(BatchConfig::default());
    let files = [
        write(Kind::Baseline, 4, 200),
        write(Kind::Progressive, 4, 200),
    ];
    let all: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let mut calls = Vec::new();
    for _ in 0..6 {
        let pending = decoder.submit(&all, &BatchOptions::default()).unwrap();
        drop(images(pending, &memory).unwrap());
        let statistics = memory.statistics();
        calls.push((
            statistics.device.driver_calls,
            statistics.pinned.driver_calls,
        ));
    }
    assert!(
        calls[2..].iter().all(|&count| count == calls[2]),
        "{calls:?}"
    );
}

/// A file of a small image.
fn small(seed: u32) -> Vec<u8> {
    gray_file(9 + seed, 7)
}

/// The most bytes that are in use at a time, on the device and page-locked.
fn high_water(memory: &MemoryManager) -> (usize, usize) {
    let statistics = memory.statistics();
    (statistics.device.high_water, statistics.pinned.high_water)
}

#[test]
fn what_follows_an_image_takes_no_memory() {
    let (decoder, memory) = decoder(BatchConfig::default());
    let long = 24 << 20;
    let options = BatchOptions::default();
    let mut random = Random::new(8);
    let mut files = Vec::new();
    for (seed, more) in [
        (1, vec![0; long]),
        (2, vec![0xFF; long]),
        (3, (0..long).map(|_| random.bits() as u8).collect()),
    ] {
        files.push([small(seed), more].concat());
    }
    let all: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let got = images(decoder.submit(&all, &options).unwrap(), &memory).unwrap();
    check(&got, &files, &options);
    assert!(got.iter().all(Result::is_ok));
    assert_eq!(decoder.statistics().by_device, 3);
    let (device, pinned) = high_water(&memory);
    assert!(
        device < 1 << 20 && pinned < 1 << 20,
        "{device} bytes on the device, {pinned} page-locked"
    );
}

#[test]
fn files_with_more_bytes_than_images_use_are_left_to_the_cpu() {
    let (decoder, memory) = decoder(BatchConfig::default());
    let file = small(1);
    // Data that go on without an end, and a header that is longer than the image is worth.
    let end = file.len() - 2;
    let endless = [&file[..end], &vec![0x55; 2 << 20]].concat();
    let comment = [&[0xFF, 0xFE, 0xFF, 0xFF][..], &[7; 65_533]].concat();
    let headed = [&file[..2], &comment.repeat(20), &file[2..]].concat();
    let files = [endless, headed];
    let all: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    for allow_truncated in [false, true] {
        let options = BatchOptions::from(DecodeOptions {
            allow_truncated,
            ..DecodeOptions::default()
        });
        let got = images(decoder.submit(&all, &options).unwrap(), &memory).unwrap();
        check(&got, &files, &options);
        assert!(got[1].is_ok());
    }
    assert_eq!(decoder.statistics().by_host, 4);
    let (device, pinned) = high_water(&memory);
    assert!(
        device < 1 << 20 && pinned < 1 << 20,
        "{device} bytes on the device, {pinned} page-locked"
    );
}

#[test]
fn memory_follows_the_batches_of_late() {
    let (decoder, memory) = decoder(BatchConfig::default());
    let options = BatchOptions::default();
    // Long headers for what is uploaded, and a large image of which a part is decoded for the memory that passes share.
    let comment = [&[0xFF, 0xFE, 0xFF, 0xFF][..], &[7; 65_533]].concat();
    let file = small(1);
    let headed = [&file[..2], &comment.repeat(15), &file[2..]].concat();
    let many = [headed.as_slice(); 12];
    let large = gray_file(2600, 2000);
    let part = BatchOptions::from(DecodeOptions {
        crop: Some(Rect {
            x: 5,
            y: 5,
            width: 9,
            height: 9,
        }),
        ..DecodeOptions::default()
    });
    for _ in 0..2 {
        let both = (
            decoder.submit(&many, &options).unwrap(),
            decoder.submit(&[&large], &part).unwrap(),
        );
        for pending in [both.0, both.1] {
            let got = images(pending, &memory).unwrap();
            assert!(got.iter().all(Result::is_ok));
        }
    }
    let kept = memory.statistics();
    assert!(kept.device.in_use > 20 << 20, "{kept:?}");
    assert!(kept.pinned.in_use > 10 << 20, "{kept:?}");
    let mut counts = Vec::new();
    for _ in 0..40 {
        let pending = decoder.submit(&[&file], &options).unwrap();
        drop(images(pending, &memory).unwrap());
        let statistics = memory.statistics();
        counts.push((
            statistics.device.driver_calls,
            statistics.pinned.driver_calls,
        ));
    }
    let kept = memory.statistics();
    assert!(kept.device.in_use < 1 << 20, "{kept:?}");
    assert!(kept.pinned.in_use < 1 << 20, "{kept:?}");
    // And nothing is allocated from then on.
    assert!(
        counts[30..].iter().all(|count| count == &counts[30]),
        "{counts:?}"
    );
}

/// A gray file of an image of this size.
fn gray_file(width: u32, height: u32) -> Vec<u8> {
    let data: Vec<u8> = (0..width * height).map(|at| (at / 700) as u8).collect();
    let source = pixelflume_jpeg::Source {
        data: &data,
        pitch: width as usize,
        width,
        height,
        channels: 1,
    };
    let mut file = Vec::new();
    let options = pixelflume_jpeg::EncodeOptions::default();
    let encoded = pixelflume_jpeg::Encoder::new().encode(&source, &options, &mut file);
    encoded.unwrap();
    file
}

#[test]
fn tables_count_in_the_memory_of_a_batch() {
    // Images of a few blocks, each with Huffman tables of its own.
    let files: Vec<_> = (0..100)
        .map(|seed| write(Kind::Baseline, seed, 20))
        .collect();
    let all: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    let options = BatchOptions::default();
    let run = |pass_bytes| {
        let config = BatchConfig {
            pass_bytes,
            ..BatchConfig::default()
        };
        let (decoder, memory) = decoder(config);
        let pending = decoder.submit(&all, &options).unwrap();
        let in_use = memory.statistics().device.in_use;
        check(&images(pending, &memory).unwrap(), &files, &options);
        (in_use, decoder.statistics().by_host)
    };
    let (whole, by_host) = run(u64::MAX);
    let (bounded, more_by_host) = run(200_000);
    // The memory that passes share, what is uploaded, and the images.
    assert!(whole > 4 * 200_000, "{whole} bytes are too few to show it");
    assert!(bounded < 5 * 200_000 / 2, "{bounded} bytes");
    assert!(more_by_host > by_host);
}

#[test]
fn a_crop_that_takes_too_much_memory_on_the_device_is_none_for_it() {
    let (decoder, _memory) = decoder(BatchConfig::default());
    let file = gray_file(800, 600);
    let options = |max_bytes| DecodeOptions {
        crop: Some(Rect {
            x: 1,
            y: 2,
            width: 3,
            height: 4,
        }),
        limits: Limits {
            max_bytes,
            ..Limits::default()
        },
        ..DecodeOptions::default()
    };
    // Coefficients of 2 bytes for each pixel.
    for (max_bytes, is_taken) in [(800 * 600 * 2, false), (800 * 600 * 3, true)] {
        let batch = FileBatch::for_device(vec![&file], &options(max_bytes));
        assert_eq!(decoder.takes(&batch, 0), is_taken);
        let decoded = batch.decode(&[0]);
        assert!(decoded[0].1.is_ok());
    }
}
