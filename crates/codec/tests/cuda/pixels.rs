//! Pixels of batches are those of the CPU.

use crate::files::{Decoded, expected, images, random_file};
use crate::kernels::tell;
use pixelflume_codec::cuda::{BatchConfig, BatchDecoder, BatchOptions, BatchStatistics};
use pixelflume_codec::{Color, DecodeOptions, Orientation, Rect, decode};
use pixelflume_cuda_driver::testing::{FakeConfig, TestDriver};
use pixelflume_device::Device;
use pixelflume_jpeg::testing::mutate::Damage;
use pixelflume_jpeg::testing::photograph::photograph;
use pixelflume_jpeg::testing::random::Random;
use pixelflume_jpeg::testing::stream::{Kind, write};
use pixelflume_jpeg::{Baseline, Cmyk, EncodeOptions, Header};
use pixelflume_memory::{MemoryConfig, MemoryManager};
use std::slice;

/// A decoder on a driver without a GPU, and its memory.
pub(crate) fn decoder(config: BatchConfig) -> (BatchDecoder, MemoryManager) {
    let (driver, fake) = TestDriver::fake(FakeConfig::default());
    tell(fake);
    let device = Device::cuda_on(driver.driver(), 0).unwrap();
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    (BatchDecoder::new(&memory, config).unwrap(), memory)
}

/// Compares what a batch gives with what the CPU makes of its files.
pub(crate) fn check(got: &[Decoded], files: &[Vec<u8>], options: &BatchOptions) {
    assert_eq!(got.len(), files.len());
    for (index, (got, file)) in got.iter().zip(files).enumerate() {
        match (got, expected(file, options)) {
            (Ok((shape, pixels)), Ok((expected_shape, expected))) => {
                assert_eq!(*shape, expected_shape, "image {index}: {options:?}");
                let first = pixels.iter().zip(&expected).position(|(a, b)| a != b);
                assert_eq!(first, None, "image {index} of {shape}: {options:?}");
            }
            (Err(_), Err(_)) => {}
            (got, expected) => panic!(
                "image {index}: {:?} and by the CPU {:?}",
                got.as_ref().map(|(shape, _)| shape),
                expected.map(|(shape, _)| shape)
            ),
        }
    }
}

#[test]
fn batches_of_files_of_all_kinds_are_those_of_the_cpu() {
    // Small passes, so that a batch has several.
    let config = BatchConfig {
        pass_bytes: 120_000,
        host_pass_bytes: 40_000,
        ..BatchConfig::default()
    };
    let (decoder, memory) = decoder(config);
    let mut random = Random::new(5);
    let mut decoded = 0;
    for _ in 0..40 {
        let files: Vec<_> = (0..1 + random.below(12))
            .map(|_| random_file(&mut random, 90))
            .collect();
        let options = BatchOptions {
            decode: DecodeOptions {
                color: random.pick(&[Color::Rgb, Color::Rgb, Color::Gray, Color::Keep]),
                orientation: random.pick(&[Orientation::Exif, Orientation::Ignore]),
                allow_truncated: random.chance(50),
                ..DecodeOptions::default()
            },
            cmyk: random.pick(&[Cmyk::OpenCv, Cmyk::Pillow]),
        };
        let all: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
        let got = images(decoder.submit(&all, &options).unwrap(), &memory).unwrap();
        check(&got, &files, &options);
        decoded += got.iter().filter(|image| image.is_ok()).count();
    }
    assert!(decoded > 100, "only {decoded} files were decoded");
    let statistics = decoder.statistics();
    let BatchStatistics {
        by_device,
        again,
        by_host,
    } = statistics;
    assert!(
        by_device > 50 && again > 0 && by_host > 50,
        "{statistics:?}"
    );
}

#[test]
fn a_file_with_an_empty_restart_segment_is_what_the_cpu_makes_of_it() {
    let options = EncodeOptions {
        restart_interval: 1,
        ..EncodeOptions::default()
    };
    let whole = photograph(64, 64, 3, 1, &options);
    let data = Baseline::of(&whole).unwrap().data;
    let marker = |byte| {
        let mut pairs = whole[data.clone()].windows(2);
        data.start + pairs.position(|pair| pair == [0xFF, byte]).unwrap()
    };
    let mut file = whole[..marker(0xD1) + 2].to_vec();
    file.extend_from_slice(&whole[marker(0xD2)..]);
    let (decoder, memory) = decoder(BatchConfig::default());
    for allow_truncated in [false, true] {
        let options = BatchOptions::from(DecodeOptions {
            allow_truncated,
            ..DecodeOptions::default()
        });
        let pending = decoder.submit(&[&file], &options).unwrap();
        let got = images(pending, &memory).unwrap();
        assert_eq!(got[0].is_ok(), allow_truncated);
        check(&got, slice::from_ref(&file), &options);
    }
    assert_eq!(decoder.statistics().again, 2);
}

#[test]
fn crops_are_those_of_the_cpu() {
    let (decoder, memory) = decoder(BatchConfig::default());
    let mut random = Random::new(6);
    let (mut decoded, mut beside_damage, mut transposed) = (0, 0, 0);
    for case in 0..300 {
        let mut file = write(
            random.pick(&[Kind::Baseline, Kind::Any]),
            random.bits(),
            150,
        );
        // Damage below the crop of a file of one scan is not noticed, wherever it is decoded.
        let is_damaged = case % 3 == 0;
        if is_damaged {
            file = random.pick(&Damage::ALL).1.apply(&mut random, &file);
        }
        let Ok(header) = Header::read(&file) else {
            continue;
        };
        let orientation = random.pick(&[Orientation::Exif, Orientation::Exif, Orientation::Ignore]);
        let is_transposed = orientation == Orientation::Exif && header.orientation() >= 5;
        let (width, height) = match is_transposed {
            true => (header.frame().height(), header.frame().width()),
            false => (header.frame().width(), header.frame().height()),
        };
        let (x, y) = (
            random.below(width as usize) as u32,
            random.below(height as usize) as u32,
        );
        let rect = Rect {
            x,
            y,
            width: 1 + random.below((width - x) as usize) as u32,
            height: 1 + random.below((height - y) as usize / 2 + 1) as u32 % (height - y),
        };
        let options = BatchOptions::from(DecodeOptions {
            orientation,
            color: random.pick(&[Color::Keep, Color::Gray, Color::Rgb]),
            crop: Some(rect),
            allow_truncated: random.chance(20),
            ..DecodeOptions::default()
        });
        let got = images(decoder.submit(&[&file], &options).unwrap(), &memory).unwrap();
        let whole = DecodeOptions {
            crop: None,
            ..options.decode
        };
        let is_whole = decode(&file, &whole).is_ok();
        check(&got, &[file], &options);
        decoded += usize::from(got[0].is_ok());
        beside_damage += usize::from(got[0].is_ok() && !is_whole);
        transposed += usize::from(got[0].is_ok() && is_transposed);
    }
    assert!(
        decoded > 150 && beside_damage > 2 && transposed > 3,
        "{decoded} files were decoded, {beside_damage} beside damage, {transposed} transposed"
    );
}

#[test]
fn files_that_are_copied_in_parts_arrive_whole() {
    let (decoder, memory) = decoder(BatchConfig::default());
    let photograph = |seed| photograph(80, 60, 3, seed, &EncodeOptions::default());
    let mut files: Vec<_> = (0..3).map(photograph).collect();
    for (number, file) in files.iter_mut().enumerate() {
        // Comments of some hundred KB, in which no byte is a marker's.
        for comment in 0..5 + 4 * number {
            let mut segment = vec![0xFF, 0xFE, 0xFF, 0xFF];
            segment.extend((2..0xFFFF).map(|at| ((at * 7 + comment) % 251) as u8));
            file.splice(2..2, segment);
        }
    }
    let all: Vec<&[u8]> = files.iter().map(Vec::as_slice).collect();
    assert!(all.iter().map(|file| file.len()).sum::<usize>() > 1 << 20);
    let options = BatchOptions::default();
    let got = images(decoder.submit(&all, &options).unwrap(), &memory).unwrap();
    check(&got, &files, &options);
    assert!(got.iter().all(Result::is_ok));
    assert_eq!(decoder.statistics().by_host, 0);
}

#[test]
fn what_is_below_a_crop_may_be_damaged() {
    let (decoder, memory) = decoder(BatchConfig::default());
    let mut cropped = BatchOptions::default();
    let mut decoded = 0;
    for seed in 0..20 {
        let mut file = write(Kind::Baseline, seed, 200);
        let frame = *Header::read(&file).unwrap().frame();
        file.truncate(file.len() * 3 / 4);
        cropped.decode.crop = Some(Rect {
            x: 0,
            y: 0,
            width: frame.width(),
            height: (frame.height() / 4).max(1),
        });
        for options in [&cropped, &BatchOptions::default()] {
            let got = images(decoder.submit(&[&file], options).unwrap(), &memory).unwrap();
            check(&got, slice::from_ref(&file), options);
            decoded += usize::from(got[0].is_ok());
        }
    }
    assert!((5..=20).contains(&decoded), "{decoded} were decoded");
}
