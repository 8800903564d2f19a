//! What the tests of the command share: running it, making and reading files, and the reference.

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

/// An 8-bit image as the reference takes it.
pub(crate) type Pixels = reference::Image<u8>;

/// What the command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Exit status.
    pub(crate) status: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Ran {
    /// Checks the exit status; a wrong one shows everything that was printed.
    #[track_caller]
    pub(crate) fn ended(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self:#?}");
        self
    }

    /// Checks that standard error has each of these texts.
    #[track_caller]
    pub(crate) fn complained(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.stderr.contains(text), "{text:?} is not in {self:#?}");
        }
        self
    }
}

/// The command, with no CUDA driver in sight.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pixelflume"));
    command
        .env("PIXELFLUME_CUDA_DRIVER", "none")
        .env_remove("PIXELFLUME_LOG")
        .stdin(Stdio::null());
    command
}

/// Runs the command with these arguments.
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

/// `pixelflume run PIPELINE INPUT... --out OUT` with further arguments.
pub(crate) fn run(pipeline: &Path, inputs: &[&Path], out: &Path, further: &[&str]) -> Ran {
    let mut command = command();
    command.arg("run").arg(pipeline).args(inputs);
    finish(command.arg("--out").arg(out).args(further))
}

/// A file of the project.
pub(crate) fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// One of the example pipelines.
pub(crate) fn example(name: &str) -> PathBuf {
    project("examples/pipelines").join(name)
}

/// A pipeline of one chain of nodes, `op = ..` and parameters each, called `n0`, `n1`, ...
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

/// Names of the files and folders in a folder, hidden ones too, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Pixels that differ from image to image and show edges and noise.
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

/// Writes an image as PNG, or in the format of the name.
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

/// Reads an image with its channels.
pub(crate) fn load(path: &Path) -> Pixels {
    let decoded = image::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (width, height) = (decoded.width() as usize, decoded.height() as usize);
    let channels = usize::from(decoded.color().channel_count());
    assert_eq!(decoded.color().bits_per_pixel() as usize, channels * 8);
    Pixels::new(width, height, channels, decoded.into_bytes())
}

/// What `edges.toml` computes.
pub(crate) fn edges(image: &Pixels) -> Pixels {
    let small = reference::resize_bilinear(image, 320, 240);
    let gray = reference::rgb_to_gray(&small);
    reference::sobel_magnitude(&reference::gaussian_blur(&gray, 5, None))
}

/// 64-bit FNV-1a, the hash of the golden files.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    })
}

/// What the command wrote to a pipe, what it said, and how it ended.
#[derive(Debug)]
pub(crate) struct Piped {
    /// Standard output, as bytes.
    pub(crate) stdout: Vec<u8>,
    /// The rest; its `stdout` is empty.
    pub(crate) ran: Ran,
}

/// `pixelflume run PIPELINE - --out -` with further arguments, fed with `input` through a pipe.
pub(crate) fn pipe(pipeline: &Path, input: &[u8], further: &[&str]) -> Piped {
    let mut command = command();
    command
        .arg("run")
        .arg(pipeline)
        .args(["-", "--out", "-"])
        .args(further);
    feed(&mut command, input)
}

/// Runs a prepared command with `input` on its standard input.
pub(crate) fn feed(command: &mut Command, input: &[u8]) -> Piped {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // The command may end before it has read everything.
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
