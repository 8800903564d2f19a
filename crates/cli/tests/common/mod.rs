//! Shared code of the command's tests: running it, creating and reading files, and the reference results.

#![expect(
    dead_code,
    reason = "each test program uses the part that it needs, none uses all"
)]

use pixelflume::ops::reference;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// An 8-bit image of the reference operators.
pub(crate) type Pixels = reference::Image<u8>;

/// The output and the exit status of a command.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// Checks the exit status; a wrong one shows everything that was printed.
    #[track_caller]
    pub(crate) fn ended(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    /// Checks that standard error contains each of these texts.
    #[track_caller]
    pub(crate) fn complained(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.stderr.contains(text), "{text:?} is not in {self:#?}");
        }
        self
    }
}

/// The command, in an environment without a CUDA driver.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pixelflume"));
    command
        .env("PIXELFLUME_CUDA_DRIVER", "none")
        .env_remove("PIXELFLUME_LOG")
        .stdin(Stdio::null());
    command
}

pub(crate) fn pixelflume<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ran {
    finish(command().args(arguments))
}

/// Runs a prepared command.
pub(crate) fn finish(command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        status: output.status.code().expect("the command was not killed"),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs `pixelflume run PIPELINE INPUT... --out OUT` with further arguments.
pub(crate) fn run(pipeline: &Path, inputs: &[&Path], out: &Path, further: &[&str]) -> Ran {
    let mut command = command();
    command.arg("run").arg(pipeline).args(inputs);
    finish(command.arg("--out").arg(out).args(further))
}

/// The path of a file of the project.
pub(crate) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// One of the example pipelines.
pub(crate) fn example(name: &str) -> PathBuf {
    project("examples/pipelines").join(name)
}

/// Writes a pipeline file with a chain of nodes `n0`, `n1`, ...; each has `op = ..` and its parameters.
pub(crate) fn chain(folder: &Path, nodes: &[&str]) -> PathBuf {
    let mut text = "name = \"chain\"\n".to_owned();
    let mut from = "input".to_owned();
    for (number, node) in nodes.iter().enumerate() {
        text += &format!("[[node]]\nname = \"n{number}\"\nfrom = \"{from}\"\n{node}\n");
        from = format!("n{number}");
    }
    let path = folder.join("chain.toml");
    fs::write(&path, text).unwrap();
    path
}

/// The sorted names of the files and folders in a folder, including hidden ones.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Pixels with edges and noise that differ between images.
pub(crate) fn pixels(width: usize, height: usize, channels: usize, seed: u64) -> Pixels {
    let mut state = seed;
    Pixels::from_fn(width, height, channels, |x, y, c| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let tile = if (x / 5 + y / 3 + c) % 2 == 0 { 90 } else { 0 };
        tile + (state >> 60) as u8 + ((x * 3 + y * 5) % 128) as u8
    })
}

/// Writes an image, as PNG or in the format of its extension.
pub(crate) fn save(path: &Path, image: &Pixels) {
    let color = match image.channels {
        1 => image::ColorType::L8,
        3 => image::ColorType::Rgb8,
        4 => image::ColorType::Rgba8,
        other => panic!("no image has {other} channels"),
    };
    let (width, height) = (image.width as u32, image.height as u32);
    image::save_buffer(path, &image.data, width, height, color).unwrap();
}

/// Reads an image, keeping its channels.
pub(crate) fn load(path: &Path) -> Pixels {
    if path.extension().is_some_and(|extension| extension == "jpg") {
        // The crate `image` has other samples than libjpeg-turbo, whose samples golden files hold elsewhere.
        let decoded = pixelflume::codec::read(path, &pixelflume::codec::DecodeOptions::default());
        let image = decoded.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let shape = image.shape();
        let [width, height, channels] = [shape.width, shape.height, shape.channels];
        return Pixels::new(
            width as usize,
            height as usize,
            channels as usize,
            image.into_data(),
        );
    }
    let decoded = image::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (width, height) = (decoded.width() as usize, decoded.height() as usize);
    let channels = usize::from(decoded.color().channel_count());
    assert_eq!(decoded.color().bits_per_pixel() as usize, channels * 8);
    Pixels::new(width, height, channels, decoded.into_bytes())
}

/// The reference result of `edges.toml`.
pub(crate) fn edges(image: &Pixels) -> Pixels {
    let small = reference::resize_bilinear(image, 320, 240);
    let gray = reference::rgb_to_gray(&small);
    reference::sobel_magnitude(&reference::gaussian_blur(&gray, 5, None))
}

/// The 64-bit FNV-1a hash, as in the golden files.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// The output of a command that writes to a pipe.
#[derive(Debug)]
pub(crate) struct Piped {
    pub(crate) stdout: Vec<u8>,
    /// Exit status and standard error; its `stdout` is empty.
    pub(crate) ran: Ran,
}

/// Runs `pixelflume run PIPELINE - --out -` with further arguments and `input` on its standard input.
pub(crate) fn pipe(pipeline: &Path, input: &[u8], further: &[&str]) -> Piped {
    let mut command = command();
    command
        .arg("run")
        .arg(pipeline)
        .args(["-", "--out", "-"])
        .args(further);
    feed(&mut command, input)
}

pub(crate) fn feed(command: &mut Command, input: &[u8]) -> Piped {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // The command may end before it has read all of the input.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    });
    Piped {
        stdout: output.stdout,
        ran: Ran {
            status: output.status.code().expect("the command was not killed"),
            stdout: String::new(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        },
    }
}

/// CRC-32 of PNG (ISO 3309), bit by bit.
pub(crate) fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}

/// A chunk of a PNG file.
pub(crate) fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let typed = [&kind[..], data].concat();
    let length = (data.len() as u32).to_be_bytes();
    [&length[..], &typed, &crc(&typed).to_be_bytes()].concat()
}
