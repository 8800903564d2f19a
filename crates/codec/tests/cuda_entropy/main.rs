//! The kernels that decode the entropy-coded data of JPEG files, run by an emulator of CUDA on the CPU, give the coefficients of the
//! CPU's decoder.
#![cfg(target_os = "linux")]

mod emulation;
mod odd_streams;

use emulation::{decode, has_compiler, stage, untouched};
use pixelflume_jpeg::testing::mutate::Damage;
use pixelflume_jpeg::testing::photograph::photograph;
use pixelflume_jpeg::testing::random::Random;
use pixelflume_jpeg::testing::stream::{self, Kind};
use pixelflume_jpeg::{
    Baseline, Decoder, EncodeOptions, Encoder, Frame, Options, Source, Subsampling,
};
use pixelflume_kernels::args::JpegOdd;
use std::slice;

/// The bits of windows: those that a batch chooses, and all others.
const WINDOWS: [Option<u32>; 7] = [
    None,
    Some(256),
    Some(512),
    Some(1024),
    Some(2048),
    Some(4096),
    Some(8192),
];

/// The blocks of a file as the CPU decodes them.
fn expected(file: &[u8]) -> Result<Vec<Vec<[i16; 64]>>, String> {
    let mut decoder = Decoder::new();
    let coefficients = decoder.coefficients(file, &Options::default());
    let coefficients = coefficients.map_err(|error| error.to_string())?;
    Ok(coefficients
        .components()
        .map(|component| component.blocks.to_vec())
        .collect())
}

/// Compares the blocks that are in a file, and tells the first difference.
fn compare(
    got: &[Vec<[i16; 64]>],
    expected: &[Vec<[i16; 64]>],
    frame: &Frame,
) -> Result<(), String> {
    for (component, (got, expected)) in got.iter().zip(expected).enumerate() {
        let (columns, rows) = frame.stored_blocks(component);
        let single = frame.components().len() == 1;
        let (across, down) = if single {
            frame.blocks(0)
        } else {
            (columns, rows)
        };
        for (index, (got, expected)) in got.iter().zip(expected).enumerate() {
            let (x, y) = (index as u32 % columns, index as u32 / columns);
            let expected = if x < across && y < down {
                *expected
            } else {
                untouched()
            };
            if let Some(at) = (0..64).find(|&at| got[at] != expected[at]) {
                return Err(format!(
                    "component {component}, block ({x}, {y}), coefficient {at}: {} in place of {}",
                    got[at], expected[at]
                ));
            }
        }
    }
    Ok(())
}

/// How many files of a batch were decoded and were equal to the CPU's, and how many that the CPU decodes had a status other than 0.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Counts {
    equal: usize,
    odd: usize,
}

/// Decodes files in one batch. Those without a status must be equal to the CPU's.
fn check(files: &[Vec<u8>], window_bits: Option<u32>, seed: u32) -> Counts {
    let baselines = files
        .iter()
        .filter_map(|file| Some((file.as_slice(), Baseline::of(file)?)));
    let taken: Vec<_> = baselines.filter(is_taken).collect();
    let decoded = decode(stage(&taken), window_bits, seed);
    let mut counts = Counts::default();
    for (image, (file, baseline)) in taken.iter().enumerate() {
        let status = decoded.statuses[image];
        let expected = expected(file);
        if status != 0 {
            counts.odd += usize::from(expected.is_ok());
            continue;
        }
        let frame = baseline.header.frame();
        let expected =
            expected.unwrap_or_else(|error| panic!("image {image}: the CPU refuses it: {error}"));
        let compared = compare(&decoded.blocks(image, frame), &expected, frame);
        compared.unwrap_or_else(|difference| {
            panic!("image {image}, seed {seed}, {frame:?}: {difference}")
        });
        counts.equal += 1;
    }
    counts
}

/// Whether the kernels take the file.
fn is_taken((_, baseline): &(&[u8], Baseline)) -> bool {
    pixelflume_codec::cuda::entropy::Batch::new()
        .push(baseline, 0, 0)
        .is_ok()
}

/// An image that looks somewhat like a photograph: smooth shades, edges and noise.
fn encoded(
    random: &mut Random,
    width: u32,
    height: u32,
    channels: u32,
    options: EncodeOptions,
) -> Vec<u8> {
    let noise = random.below(60) as i32;
    let (a, b) = (random.below(9) as u32 + 1, random.below(9) as u32 + 1);
    let mut data = Vec::new();
    for y in 0..height {
        for x in 0..width {
            for c in 0..channels {
                let shade = (x * a / 4 + y * b / 4 + c * 40) % 256;
                let edge = if (x / 37 + y / 23) % 2 == 0 { 60 } else { 0 };
                let sample = shade as i32 / 2 + edge + random.range(-noise, noise + 1);
                data.push(sample.clamp(0, 255) as u8);
            }
        }
    }
    let source = Source {
        data: &data,
        pitch: (width * channels) as usize,
        width,
        height,
        channels,
    };
    let mut file = Vec::new();
    Encoder::new()
        .encode(&source, &options, &mut file)
        .expect("it is encoded");
    file
}

fn any_options(random: &mut Random) -> EncodeOptions {
    EncodeOptions {
        quality: random.below(100) as u8 + 1,
        subsampling: random.pick(&Subsampling::ALL),
        optimize: random.chance(50),
        restart_interval: random.pick(&[0, 0, 0, 1, 2, 5, 40]),
    }
}

#[test]
fn files_of_an_encoder_are_decoded_in_batches_of_any_sizes() {
    if !has_compiler() {
        return;
    }
    let random = &mut Random::new(1);
    for (round, bits) in (0..).zip(WINDOWS) {
        let mut files = Vec::new();
        for _ in 0..6 {
            let (width, height) = (random.below(300) as u32 + 1, random.below(200) as u32 + 1);
            let channels = random.pick(&[1, 3, 3]);
            let options = any_options(random);
            files.push(encoded(random, width, height, channels, options));
        }
        let all = Counts { equal: 6, odd: 0 };
        let counts = check(&files, bits, round);
        assert_eq!(counts, all, "all of them are ordinary; {bits:?}");
    }
}

#[test]
fn an_image_of_many_parts_is_decoded() {
    if !has_compiler() {
        return;
    }
    let random = &mut Random::new(2);
    let options = EncodeOptions {
        quality: 95,
        ..EncodeOptions::default()
    };
    let file = encoded(random, 1000, 700, 3, options);
    assert!(
        file.len() * 8 > 3 * 42 * 4096,
        "{} bytes are no three parts",
        file.len()
    );
    for bits in [None, Some(1024), Some(4096)] {
        let counts = check(slice::from_ref(&file), bits, 1);
        assert_eq!(counts, Counts { equal: 1, odd: 0 }, "{bits:?}");
    }
}

#[test]
fn photographs_are_decoded_whatever_the_order_of_threads() {
    if !has_compiler() {
        return;
    }
    // Decoders search long for one another where blocks of the first component come in fours.
    for (subsampling, quality, seed) in [
        (Subsampling::S420, 90, 5),
        (Subsampling::S420, 97, 1),
        (Subsampling::S411, 90, 90),
    ] {
        let options = EncodeOptions {
            quality,
            subsampling,
            ..EncodeOptions::default()
        };
        let file = photograph(1920, 1080, 3, seed, &options);
        for (order, bits) in [(1, Some(512)), (2, Some(512)), (3, Some(2048)), (4, None)] {
            let counts = check(slice::from_ref(&file), bits, order);
            let all = Counts { equal: 1, odd: 0 };
            assert_eq!(counts, all, "{options:?}, windows of {bits:?} bits");
        }
    }
}

#[test]
fn files_of_any_structure_are_decoded() {
    if !has_compiler() {
        return;
    }
    let mut sum = Counts::default();
    for round in 0..4u32 {
        for kind in [
            Kind::Baseline,
            Kind::Tiny,
            Kind::Extreme,
            Kind::WithoutTables,
        ] {
            let seeds = (0..12).map(|seed| u64::from(round * 1000 + seed));
            let files: Vec<_> = seeds.map(|seed| stream::write(kind, seed, 120)).collect();
            let bits = WINDOWS[(4 * round as usize + kind as usize) % WINDOWS.len()];
            let counts = check(&files, bits, round);
            sum.equal += counts.equal;
            sum.odd += counts.odd;
        }
    }
    assert!(sum.equal > sum.odd, "{sum:?}");
}

#[test]
fn flat_images_are_decoded() {
    if !has_compiler() {
        return;
    }
    // Decoders that are out of step by a block never meet where all blocks are alike: one of the guesses has to be right.
    let (width, height) = (2200, 2000);
    for channels in [1, 3] {
        let data = vec![130; (width * height * channels) as usize];
        let source = Source {
            data: &data,
            pitch: (width * channels) as usize,
            width,
            height,
            channels,
        };
        let mut file = Vec::new();
        let encoded = Encoder::new().encode(&source, &EncodeOptions::default(), &mut file);
        encoded.expect("it is encoded");
        for bits in [None, Some(2048)] {
            let counts = check(slice::from_ref(&file), bits, 1);
            assert_eq!(counts, Counts { equal: 1, odd: 0 }, "{channels}, {bits:?}");
        }
    }
}

#[test]
fn damaged_files_have_a_status_or_the_coefficients_of_the_cpu() {
    if !has_compiler() {
        return;
    }
    let random = &mut Random::new(3);
    let mut files = Vec::new();
    for _ in 0..40 {
        let options = any_options(random);
        let file = encoded(random, 150, 100, 3, options);
        for _ in 0..3 {
            let (_, damage) = random.pick(&Damage::ALL);
            files.push(damage.apply(random, &file));
        }
    }
    // Some damage is none for the samples, such as that of a comment.
    for bits in [None, Some(256), Some(4096)] {
        let counts = check(&files, bits, 1);
        assert!(counts.equal > 0, "{counts:?}");
    }
}

#[test]
fn a_file_without_its_end_is_cut_and_one_without_restart_markers_too_short() {
    if !has_compiler() {
        return;
    }
    let random = &mut Random::new(4);
    let options = EncodeOptions {
        restart_interval: 3,
        ..EncodeOptions::default()
    };
    let whole = encoded(random, 200, 100, 3, options);
    let cut = whole[..whole.len() - 2].to_vec();
    let mut marker = whole.clone();
    let place = marker
        .windows(2)
        .position(|bytes| bytes == [0xFF, 0xD1])
        .expect("there are restarts");
    marker[place + 1] = 0xD4;
    let mut end = whole.clone();
    end[place + 1] = 0xD9;
    let files = [whole, cut, marker, end];
    let taken: Vec<_> = files
        .iter()
        .map(|file| (file.as_slice(), Baseline::of(file).expect("ordinary")))
        .collect();
    let statuses = decode(stage(&taken), None, 1).statuses;
    assert_eq!(
        statuses,
        [0, JpegOdd::CUT, JpegOdd::MARKER, JpegOdd::RESTARTS]
    );
}
