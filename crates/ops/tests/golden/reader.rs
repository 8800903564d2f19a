//! Reads golden vectors, the results of OpenCV and other libraries: `src/<kind>/golden*.bin` of each operator, and
//! `golden/chains.bin`. The scripts that write them, and the format, are in `golden/vectors.py` and `golden/generate.py`.
//!
//! Any integration test of the crate can use it:
//! `#[path = "golden/reader.rs"] mod reader;`, then `for case in reader::cases(path) { .. case.expected.check(&samples) .. }`.

use pixelflume_ops::registry::{self, OPERATORS};
use pixelflume_ops::spec::{OperatorSpec, ParameterType, Samples, Value, Values};
use pixelflume_ops::{ImageShape, Layout, SampleType};
use std::path::{Path, PathBuf};

/// An operator or chain with one input image and the result of the library.
pub(crate) struct Case {
    /// The name of the case, unique in its file: operator, parameters and input.
    pub(crate) name: String,
    /// The operators in their order: one, except in chains.
    pub(crate) steps: Vec<Step>,
    pub(crate) input: Samples,
    pub(crate) expected: Expected,
}

/// An operator of a case.
pub(crate) struct Step {
    pub(crate) values: Values,
    /// The second input of an operator that takes two: its seed, and its width, height and channels where they are others than those
    /// of the first.
    second: Option<(u64, Option<[u32; 3]>)>,
}

impl Step {
    /// The inputs of the operator, of which `image` is the first.
    pub(crate) fn inputs(&self, image: Samples) -> Vec<Samples> {
        let second = self.second.map(|(seed, sides)| {
            let [width, height, channels] =
                sides.unwrap_or([image.shape.width, image.shape.height, image.shape.channels]);
            let shape = ImageShape {
                width,
                height,
                channels,
                ..image.shape
            };
            let bytes = to_little_endian(shape, &noise(shape.bytes(), seed));
            Samples { shape, bytes }
        });
        std::iter::once(image).chain(second).collect()
    }
}

impl Case {
    /// The result of `run` for each step, starting with the input.
    pub(crate) fn run(&self, run: impl Fn(&Step, &[Samples]) -> Samples) -> Samples {
        let first = self.input.clone();
        let steps = self.steps.iter();
        steps.fold(first, |image, step| run(step, &step.inputs(image)))
    }
}

/// The result of the library: every sample, or, for large outputs, a hash of the samples.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expected {
    Samples(Samples),
    Hash { shape: ImageShape, fnv: u64 },
}

impl Expected {
    /// Compares bit for bit; the error names the first byte that differs and the number of such bytes.
    pub(crate) fn check(&self, output: &Samples) -> Result<(), String> {
        let (Expected::Samples(Samples { shape, .. }) | Expected::Hash { shape, .. }) = self;
        if *shape != output.shape {
            return Err(format!("expected {shape}, got {}", output.shape));
        }
        match self {
            Expected::Samples(expected) => same_bytes(&expected.bytes, &output.bytes),
            Expected::Hash { fnv, .. } => match fnv1a(&to_little_endian(*shape, &output.bytes)) {
                hash if hash == *fnv => Ok(()),
                hash => Err(format!("expected the hash {fnv:016x}, got {hash:016x}")),
            },
        }
    }
}

fn same_bytes(expected: &[u8], output: &[u8]) -> Result<(), String> {
    if expected.len() != output.len() {
        return Err(format!(
            "expected {} bytes, got {}",
            expected.len(),
            output.len()
        ));
    }
    let differing: Vec<usize> = (0..expected.len())
        .filter(|&i| expected[i] != output[i])
        .collect();
    let Some(&first) = differing.first() else {
        return Ok(());
    };
    Err(format!(
        "{} of {} bytes differ; the first at {first}: expected {}, got {}",
        differing.len(),
        expected.len(),
        expected[first],
        output[first]
    ))
}

/// The samples in the byte order of this machine; the files are little-endian.
fn to_little_endian(shape: ImageShape, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if cfg!(target_endian = "big") {
        bytes
            .chunks_mut(shape.sample.bytes())
            .for_each(<[u8]>::reverse);
    }
    bytes
}

/// 64-bit FNV-1a.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// The files of golden vectors: those of each operator, the file that the environment variable `PIXELFLUME_GOLDEN` names, and
/// the chains.
pub(crate) fn files() -> Vec<PathBuf> {
    let kinds = OPERATORS.iter().flat_map(|spec| files_of(spec));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let more = std::env::var_os("PIXELFLUME_GOLDEN").map(PathBuf::from);
    kinds
        .chain(more)
        .chain([root.join("tests/golden/chains.bin")])
        .collect()
}

/// The files of an operator, at least one: `golden.bin` with the results of OpenCV, or `golden_<like>.bin` for each library that
/// it equals, in the order of their names.
pub(crate) fn files_of(spec: &OperatorSpec) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src")
        .join(spec.kind);
    let entries = std::fs::read_dir(&folder).expect("the folder of the operator");
    let paths = entries.map(|entry| entry.expect("a file").path());
    let is_golden = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("golden") && name.ends_with(".bin"))
    };
    let mut files: Vec<PathBuf> = paths.filter(is_golden).collect();
    files.sort();
    assert!(!files.is_empty(), "{} has no golden vectors", spec.kind);
    files
}

/// Every case of a file, in its order.
///
/// Panics on a missing or malformed file, and when a generated input is not the one that the script generated.
pub(crate) fn cases(path: &Path) -> Vec<Case> {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut file = File { rest: &bytes };
    let head = file.line();
    // The library and its version stand between.
    let words: Vec<&str> = head.split(' ').collect();
    let ["pixelflume", "golden", "2", _, _, "cases", count] = words[..] else {
        panic!("not a golden file of version 2: {head}");
    };
    let cases: Vec<Case> = (0..number(count)).map(|_| file.case()).collect();
    assert!(file.rest.is_empty(), "bytes are left after the last case");
    cases
}

struct File<'a> {
    rest: &'a [u8],
}

impl<'a> File<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        taken
    }

    fn line(&mut self) -> &'a str {
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
            steps: operators.split(" | ").map(step).collect(),
            input: self.input(input),
            expected: self.expected(expected),
        }
    }

    fn input(&mut self, text: &str) -> Samples {
        let mut words: Vec<&str> = text.split(' ').collect();
        let is_planar = words.get(3) == Some(&"planar");
        let (layout, sample) = match words[1].contains('x') {
            true => (Layout::Interleaved, "u8"),
            false if is_planar => (Layout::Planar, words.remove(1)),
            false => (Layout::Interleaved, words.remove(1)),
        };
        let shape = shape(sample, words[1], layout);
        let (width, height, channels) = sides(words[1]);
        let count = shape.bytes();
        let (data, fnv) = match (words[0], &words[2..]) {
            ("noise", [seed, fnv] | ["planar", seed, fnv]) => {
                (noise(count, number(seed)), Some(hash(fnv)))
            }
            ("scene", [seed, fnv]) => (
                scene(width, height, channels, number(seed)),
                Some(hash(fnv)),
            ),
            ("stark", [seed, fnv]) => (stark(count, number(seed)), Some(hash(fnv))),
            ("colors", [fnv]) => (colors(), Some(hash(fnv))),
            ("raw", []) => (self.take(count).to_vec(), None),
            _ => panic!("unknown input: {text}"),
        };
        if let Some(fnv) = fnv {
            assert_eq!(fnv1a(&data), fnv, "this is not the input of {text}");
        }
        Samples {
            shape,
            bytes: to_little_endian(shape, &data),
        }
    }

    fn expected(&mut self, text: &str) -> Expected {
        let words: Vec<&str> = text.split(' ').collect();
        if let ["hash", sample, size, fnv] = words[..] {
            let (shape, fnv) = (shape(sample, size, Layout::Interleaved), hash(fnv));
            return Expected::Hash { shape, fnv };
        }
        let shape = match words[..] {
            [sample, size] => shape(sample, size, Layout::Interleaved),
            [sample, size, "planar"] => shape(sample, size, Layout::Planar),
            _ => panic!("unknown expectation: {text}"),
        };
        let bytes = to_little_endian(shape, self.take(shape.bytes()));
        Expected::Samples(Samples { shape, bytes })
    }
}

/// An operator with its parameters, as in `gaussian_blur size=5 sigma=1.1`.
pub(crate) fn step(text: &str) -> Step {
    let mut words = text.split(' ');
    let kind = words.next().expect("a kind");
    let spec = registry::find(kind).unwrap_or_else(|| panic!("unknown operator: {text}"));
    let (mut given, mut second) = (Vec::new(), None);
    for word in words {
        let (name, value) = word.split_once('=').expect("a name and a value");
        match name {
            "second" => {
                let (seed, shape) = value.split_once(':').unzip();
                let shape = shape.map(|shape| {
                    let (width, height, channels) = sides(shape);
                    [width, height, channels].map(|side| side as u32)
                });
                second = Some((number(seed.unwrap_or(value)), shape));
            }
            _ => given.push((name, parameter(spec, name, value))),
        }
    }
    let values = spec.values(given);
    Step {
        values: values.unwrap_or_else(|error| panic!("{text}: {error}")),
        second,
    }
}

fn parameter(spec: &OperatorSpec, name: &str, text: &str) -> Value {
    let mut parameters = spec.parameters.iter();
    let parameter = parameters.find(|parameter| parameter.name == name);
    let items = text.split(',');
    let value_type = parameter.expect("a parameter of the operator").value_type;
    match value_type.of_all_images() {
        ParameterType::Integer { .. } | ParameterType::Byte => number::<u32>(text).into(),
        ParameterType::Number { .. } => number::<f64>(text).into(),
        ParameterType::Numbers { .. } => items.map(number::<f64>).collect::<Vec<_>>().into(),
        ParameterType::Color => {
            let samples: Vec<u8> = items.map(number).collect();
            <[u8; 4]>::try_from(samples).expect("four samples").into()
        }
        ParameterType::Flag => number::<bool>(text).into(),
        _ => text.into(),
    }
}

fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse()
        .unwrap_or_else(|_| panic!("not a number: {text}"))
}

fn shape(sample: &str, size: &str, layout: Layout) -> ImageShape {
    let (width, height, channels) = sides(size);
    ImageShape {
        sample: match sample {
            "u8" => SampleType::U8,
            "i16" => SampleType::I16,
            "f16" => SampleType::F16,
            "bf16" => SampleType::Bf16,
            "f32" => SampleType::F32,
            "f64" => SampleType::F64,
            "i32" => SampleType::I32,
            _ => panic!("unknown sample type: {sample}"),
        },
        layout,
        ..ImageShape::u8(width as u32, height as u32, channels as u32)
    }
}

fn hash(text: &str) -> u64 {
    u64::from_str_radix(text, 16).expect("a hash is 16 hexadecimal digits")
}

fn sides(text: &str) -> (usize, usize, usize) {
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

/// All 2^24 colors in order.
fn colors() -> Vec<u8> {
    (0..1_u32 << 24)
        .flat_map(|n| [(n >> 16) as u8, (n >> 8) as u8, n as u8])
        .collect()
}
