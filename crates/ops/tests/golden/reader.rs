//! Reads `golden.bin`, the results of OpenCV that `generate.py` wrote; the format is described at the top of that script.
//!
//! Any integration test of the crate can use it:
//! `#[path = "golden/reader.rs"] mod reader;`, then `for case in reader::cases() { .. case.expected.check(&output) .. }`.

mod operator;

pub(crate) use operator::{Conversion, Operator, SobelOutput};

use operator::{number, operator};
use pixelflume_ops::reference::Image;

/// One operator or chain on one image, with what OpenCV makes of it.
pub(crate) struct Case {
    /// Unique; says operator, parameters and input.
    pub(crate) name: String,
    /// Operators in the order in which they run; one, except in chains.
    pub(crate) operators: Vec<Operator>,
    pub(crate) input: Image<u8>,
    pub(crate) expected: Expected,
}

/// The second input of an operator that takes two: noise of the shape of the first.
pub(crate) fn second(image: &Image<u8>, seed: u64) -> Image<u8> {
    Image {
        data: noise(image.data.len(), seed),
        ..*image
    }
}

/// What an executor computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    U8(Image<u8>),
    I16(Image<i16>),
}

/// What OpenCV computed: every sample, or, for large outputs, a hash of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    U8(Image<u8>),
    I16(Image<i16>),
    Hash {
        sample: Sample,
        width: usize,
        height: usize,
        channels: usize,
        fnv: u64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sample {
    U8,
    I16,
}

impl Expected {
    /// Compares to the bit; the error names the first sample that differs, and how many do.
    pub(crate) fn check(&self, output: &Output) -> Result<(), String> {
        match (self, output) {
            (Expected::U8(expected), Output::U8(output)) => same_samples(expected, output),
            (Expected::I16(expected), Output::I16(output)) => same_samples(expected, output),
            (
                &Expected::Hash {
                    sample,
                    width,
                    height,
                    channels,
                    fnv,
                },
                output,
            ) => {
                let (kind, shape, bytes) = match output {
                    Output::U8(image) => (Sample::U8, shape_of(image), image.data.clone()),
                    Output::I16(image) => {
                        let bytes = image.data.iter().flat_map(|s| s.to_le_bytes()).collect();
                        (Sample::I16, shape_of(image), bytes)
                    }
                };
                if (kind, shape) != (sample, (width, height, channels)) {
                    return Err(format!(
                        "expected {sample:?} {width}x{height}x{channels}, got {kind:?} {shape:?}"
                    ));
                }
                match fnv1a(&bytes) {
                    hash if hash == fnv => Ok(()),
                    hash => Err(format!("expected the hash {fnv:016x}, got {hash:016x}")),
                }
            }
            (Expected::U8(_), Output::I16(_)) => Err("expected u8 samples, got i16".into()),
            (Expected::I16(_), Output::U8(_)) => Err("expected i16 samples, got u8".into()),
        }
    }
}

fn shape_of<T>(image: &Image<T>) -> (usize, usize, usize) {
    (image.width, image.height, image.channels)
}

fn same_samples<T: Copy + PartialEq + std::fmt::Display>(
    expected: &Image<T>,
    output: &Image<T>,
) -> Result<(), String> {
    if shape_of(expected) != shape_of(output) {
        return Err(format!(
            "expected width, height, channels {:?}, got {:?}",
            shape_of(expected),
            shape_of(output)
        ));
    }
    let differing: Vec<usize> = (0..expected.data.len())
        .filter(|&i| expected.data[i] != output.data[i])
        .collect();
    let Some(&first) = differing.first() else {
        return Ok(());
    };
    let pixel = first / expected.channels;
    Err(format!(
        "{} of {} samples differ; the first at x {} y {} channel {}: expected {}, got {}",
        differing.len(),
        expected.data.len(),
        pixel % expected.width,
        pixel / expected.width,
        first % expected.channels,
        expected.data[first],
        output.data[first]
    ))
}

/// 64-bit FNV-1a.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// Every golden case, in the order of the file.
///
/// Panics on a malformed file, and when a generated input is not the one that the script generated.
pub(crate) fn cases() -> Vec<Case> {
    let mut file = File {
        rest: include_bytes!("golden.bin"),
    };
    let head = file.line();
    let count = head
        .strip_prefix("pixelflume golden 1 opencv 5.0.0 cases ")
        .unwrap_or_else(|| panic!("not a golden file of version 1: {head}"));
    let cases: Vec<Case> = (0..number(count)).map(|_| file.case()).collect();
    assert!(file.rest.is_empty(), "bytes are left after the last case");
    cases
}

struct File {
    rest: &'static [u8],
}

impl File {
    fn take(&mut self, count: usize) -> &'static [u8] {
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        taken
    }

    fn line(&mut self) -> &'static str {
        let end = self.rest.iter().position(|&byte| byte == b'\n');
        let line = self.take(end.expect("a header line ends with a newline"));
        self.take(1);
        std::str::from_utf8(line).expect("a header line is text")
    }

    fn case(&mut self) -> Case {
        let line = self.line();
        let fields: Vec<&str> = line.split('\t').collect();
        let &[name, operators, input, expected] = &fields[..] else {
            panic!("a case has four fields: {line}");
        };
        Case {
            name: name.to_owned(),
            operators: operators.split(" | ").map(operator).collect(),
            input: self.input(input),
            expected: self.expected(expected),
        }
    }

    fn input(&mut self, text: &str) -> Image<u8> {
        let words: Vec<&str> = text.split(' ').collect();
        let (width, height, channels) = shape(words[1]);
        let (data, fnv) = match (words[0], &words[2..]) {
            ("noise", [seed, fnv]) => (
                noise(width * height * channels, number(seed)),
                Some(hash(fnv)),
            ),
            ("scene", [seed, fnv]) => (
                scene(width, height, channels, number(seed)),
                Some(hash(fnv)),
            ),
            ("stark", [seed, fnv]) => (
                stark(width * height * channels, number(seed)),
                Some(hash(fnv)),
            ),
            ("colours", [fnv]) => (colours(), Some(hash(fnv))),
            ("raw", []) => (self.take(width * height * channels).to_vec(), None),
            _ => panic!("unknown input: {text}"),
        };
        if let Some(fnv) = fnv {
            assert_eq!(fnv1a(&data), fnv, "this is not the input of {text}");
        }
        Image::new(width, height, channels, data)
    }

    fn expected(&mut self, text: &str) -> Expected {
        let words: Vec<&str> = text.split(' ').collect();
        match words[..] {
            ["u8", size] => {
                let (width, height, channels) = shape(size);
                let data = self.take(width * height * channels).to_vec();
                Expected::U8(Image::new(width, height, channels, data))
            }
            ["i16", size] => {
                let (width, height, channels) = shape(size);
                let bytes = self.take(width * height * channels * 2);
                let data = bytes
                    .chunks_exact(2)
                    .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
                    .collect();
                Expected::I16(Image::new(width, height, channels, data))
            }
            ["hash", sample @ ("u8" | "i16"), size, fnv] => {
                let (width, height, channels) = shape(size);
                Expected::Hash {
                    sample: if sample == "u8" {
                        Sample::U8
                    } else {
                        Sample::I16
                    },
                    width,
                    height,
                    channels,
                    fnv: hash(fnv),
                }
            }
            _ => panic!("unknown expectation: {text}"),
        }
    }
}

fn hash(text: &str) -> u64 {
    u64::from_str_radix(text, 16).expect("a hash is 16 hexadecimal digits")
}

fn shape(text: &str) -> (usize, usize, usize) {
    let sides: Vec<usize> = text.split('x').map(number).collect();
    match sides[..] {
        [width, height, channels] => (width, height, channels),
        _ => panic!("not a shape: {text}"),
    }
}

/// Bytes of splitmix64, its 64-bit outputs in little-endian order.
fn noise(count: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut bytes = Vec::with_capacity(count + 8);
    while bytes.len() < count {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend_from_slice(&(z ^ (z >> 31)).to_le_bytes());
    }
    bytes.truncate(count);
    bytes
}

/// Photograph-like: slopes, hard edges and a little noise.
fn scene(width: usize, height: usize, channels: usize, seed: u64) -> Vec<u8> {
    let grain = noise(width * height * channels, seed);
    let sample = |(index, grain): (usize, u8)| {
        let (c, x, y) = (
            index % channels,
            index / channels % width,
            index / channels / width,
        );
        let slope = ((7 * x + 3 * y + 41 * c) >> 3) & 127;
        let tile = if ((x / 29) ^ (y / 23)) & 1 == 1 {
            96
        } else {
            0
        };
        slope as u8 + tile + (grain & 15)
    };
    grain.into_iter().enumerate().map(sample).collect()
}

/// Noise of 0 and 255 only.
fn stark(count: usize, seed: u64) -> Vec<u8> {
    let mut bytes = noise(count, seed);
    for byte in &mut bytes {
        *byte = if *byte < 128 { 0 } else { 255 };
    }
    bytes
}

/// All 2^24 colours in order.
fn colours() -> Vec<u8> {
    (0..1_u32 << 24)
        .flat_map(|n| [(n >> 16) as u8, (n >> 8) as u8, n as u8])
        .collect()
}
