//! Random damage to small files: the decoder must neither panic nor write outside of its target nor take more memory than the header
//! tells, and what it decodes is what the model decodes. One test, since the allocator counts for the whole process.
//!
//! The gate runs a small number of executions. A long run says how many, and from which seed on:
//!
//! ```text
//! PIXELFLUME_FUZZ=10000000 PIXELFLUME_FUZZ_SEED=1 cargo test --release -p pixelflume-jpeg --test fuzz -- --nocapture
//! ```

use pixelflume_heap_counter::{Counting, peak};
use pixelflume_jpeg::testing::forms::{self, Form};
use pixelflume_jpeg::testing::model::Model;
use pixelflume_jpeg::testing::mutate::Damage;
use pixelflume_jpeg::testing::random::Random;
use pixelflume_jpeg::testing::stream::{self, Kind};
use pixelflume_jpeg::{Baseline, Cmyk, Color, Decoder, Header, JpegError, Options, Rect, Target};
use std::alloc::System;
use std::collections::BTreeMap;
use std::env;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

/// Executions in the gate.
const EXECUTIONS: u64 = 40_000;
/// Executions between two that are compared with the model, which is slow.
const COMPARED: u64 = 61;
/// Bytes of the target, and bytes around it that must remain as they are.
const TARGET: usize = 1 << 18;
const GUARD: usize = 64;
const UNTOUCHED: u8 = 0xa5;

/// Files to damage, at most 48 x 48 pixels each.
fn corpus() -> Vec<Vec<u8>> {
    let kinds = Kind::ALL.iter().filter(|(_, kind)| *kind != Kind::Factors);
    kinds
        .flat_map(|(_, kind)| (0..60).map(|seed| stream::write(*kind, seed, 48)))
        .collect()
}

fn damaged(random: &mut Random, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut file = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(3) {
        if file.is_empty() {
            break;
        }
        let (_, damage) = random.pick(&Damage::ALL);
        file = damage.apply(random, &file);
    }
    file
}

/// Options for a file, whose rectangle is as large as the target holds.
fn options(random: &mut Random, header: &Header) -> Options {
    let (width, height) = (header.frame().width(), header.frame().height());
    let is_large = width as usize * height as usize * 3 > TARGET;
    let crop = (is_large || random.chance(30)).then(|| {
        let side = |random: &mut Random, side: u32| {
            let first = random.below(side as usize) as u32;
            (
                first,
                1 + random.below((side - first).min(250) as usize) as u32,
            )
        };
        let ((x, width), (y, height)) = (side(random, width), side(random, height));
        Rect {
            x,
            y,
            width,
            height,
        }
    });
    Options {
        color: random.pick(&[Color::Rgb, Color::Gray, Color::Native]),
        cmyk: random.pick(&[Cmyk::OpenCv, Cmyk::Pillow]),
        allow_truncated: random.chance(80),
        crop,
        max_bytes: 1 << 22,
    }
}

/// The name of an error without its numbers, for the counts.
fn name<T>(result: &Result<T, JpegError>) -> String {
    match result {
        Ok(_) => "decoded".to_owned(),
        Err(error) => {
            let text = format!("{error:?}");
            text.split(|c: char| !c.is_alphanumeric())
                .next()
                .unwrap_or_default()
                .to_owned()
        }
    }
}

struct Fuzzer {
    decoder: Decoder,
    target: Vec<u8>,
    counts: BTreeMap<String, u64>,
    slowest: Duration,
}

impl Fuzzer {
    fn execute(&mut self, seed: u64, file: &[u8], random: &mut Random) {
        let header = Header::read(file);
        // What a GPU is given of the file.
        let _ = Baseline::of(file);
        let Ok(header) = header else {
            *self
                .counts
                .entry(format!("header: {}", name(&header)))
                .or_default() += 1;
            return;
        };
        let options = options(random, &header);
        let rect = options
            .crop
            .map_or((header.frame().width(), header.frame().height()), |crop| {
                (crop.width, crop.height)
            });
        let row = rect.0 as usize * options.color.channels(header.color());
        let rows = rect.1 as usize;
        let pitch = match random.below(8) {
            padding if (row + padding) * rows <= TARGET => row + padding,
            _ => row,
        };
        let bytes = pitch * (rows - 1) + row;
        let needed = header.bytes_needed(&options);
        if random.chance(10) {
            // Memory that is kept from file to file would hide what this file takes.
            self.decoder = Decoder::new();
        }
        self.target[..bytes + 2 * GUARD].fill(UNTOUCHED);
        let data = &mut self.target[GUARD..GUARD + bytes];
        let start = Instant::now();
        let decoder = &mut self.decoder;
        let (taken, result) = peak(|| decoder.decode(file, &options, Target { data, pitch }));
        self.slowest = self.slowest.max(start.elapsed());
        *self.counts.entry(name(&result)).or_default() += 1;
        let around = [
            &self.target[..GUARD],
            &self.target[GUARD + bytes..][..GUARD],
        ]
        .concat();
        assert!(
            around.iter().all(|byte| *byte == UNTOUCHED),
            "seed {seed}: written outside of the target"
        );
        let between = self.target[GUARD..GUARD + bytes]
            .chunks(pitch)
            .flat_map(|line| &line[row.min(line.len())..]);
        assert!(
            between.into_iter().all(|byte| *byte == UNTOUCHED),
            "seed {seed}: written between rows"
        );
        match needed {
            Ok(needed) => assert!(
                taken <= needed,
                "seed {seed}: {taken} bytes, and {needed} were told"
            ),
            Err(error) => panic!("seed {seed}: {error}"),
        }
        if random.chance(5) {
            let _ = self.decoder.coefficients(file, &options);
        }
    }

    /// Decodes the file with the decoder as it is now and with the model.
    fn compare(&mut self, seed: u64, file: &[u8]) {
        let Ok(model) = Model::decode(file, 1 << 14) else {
            return;
        };
        let options = Options {
            allow_truncated: true,
            ..Options::default()
        };
        *self
            .counts
            .entry("compared with the model".to_owned())
            .or_default() += 1;
        let image = forms::decode(&mut self.decoder, file, Form::OpenCvRgb, &options);
        assert!(
            image == Ok(model.form(Form::OpenCvRgb)),
            "seed {seed}: not as the model decodes"
        );
    }
}

#[test]
fn random_damage_is_decoded_or_refused_within_bounds() {
    let number = |name: &str| {
        env::var(name)
            .ok()
            .map(|text| text.parse::<u64>().expect("a number"))
    };
    let executions = number("PIXELFLUME_FUZZ").unwrap_or(EXECUTIONS);
    let first = number("PIXELFLUME_FUZZ_SEED").unwrap_or(0) << 32;
    let corpus = corpus();
    let mut fuzzer = Fuzzer {
        decoder: Decoder::new(),
        target: vec![0; TARGET + 2 * GUARD],
        counts: BTreeMap::new(),
        slowest: Duration::ZERO,
    };
    for seed in first..first + executions {
        let random = &mut Random::new(seed);
        let file = damaged(random, &corpus);
        fuzzer.execute(seed, &file, random);
        if seed % COMPARED == 0 {
            fuzzer.compare(seed, &file);
        }
        let done = seed - first + 1;
        if done % 1_000_000 == 0 {
            println!(
                "{done} executions, slowest {:?}, {:?}",
                fuzzer.slowest, fuzzer.counts
            );
        }
    }
    println!(
        "{executions} executions, slowest {:?}, {:#?}",
        fuzzer.slowest, fuzzer.counts
    );
    assert!(fuzzer.counts.get("decoded").is_some_and(|count| *count > 0));
}
