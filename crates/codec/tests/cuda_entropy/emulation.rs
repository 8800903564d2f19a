//! Runs the kernels on the CPU: the program in the folder `emulator`, compiled once.

use bytemuck::Zeroable;
use pixelflume_codec::cuda::entropy::{Batch, Buffers, Layout};
use pixelflume_device::Address;
use pixelflume_jpeg::{Baseline, Frame};
use pixelflume_kernels::args::JpegEntropyArgs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// Where regions of memory lie in the emulator: far from what a program has of itself, and far from one another.
const FIRST_ADDRESS: u64 = 0x1000_0000_0000;
const REGION_STEP: u64 = 0x10_0000_0000;
const PAGE: u64 = 4096;

/// What the kernels made of a batch.
pub(super) struct Decoded {
    /// The status of each image.
    pub(super) statuses: Vec<u32>,
    coefficients: Vec<u8>,
    first_blocks: Vec<u64>,
}

impl Decoded {
    /// The stored blocks of an image, component by component.
    pub(super) fn blocks(&self, image: usize, frame: &Frame) -> Vec<Vec<[i16; 64]>> {
        let mut at = self.first_blocks[image] as usize * 128;
        let component = |index| {
            let (columns, rows) = frame.stored_blocks(index);
            let bytes = columns as usize * rows as usize * 128;
            let blocks = self.coefficients[at..at + bytes].chunks_exact(128);
            at += bytes;
            blocks.map(bytemuck::pod_read_unaligned).collect()
        };
        (0..frame.components().len()).map(component).collect()
    }
}

/// The bytes of a batch of files as they are uploaded, and its descriptors.
pub(super) struct Staged {
    pub(super) batch: Batch,
    pub(super) bytes: Vec<u8>,
    pub(super) first_blocks: Vec<u64>,
    pub(super) blocks: u64,
}

/// Stages files, each of which the kernels take.
pub(super) fn stage(files: &[(&[u8], Baseline)]) -> Staged {
    let mut staged = Staged {
        batch: Batch::new(),
        bytes: Vec::new(),
        first_blocks: Vec::new(),
        blocks: 0,
    };
    for (file, baseline) in files {
        let pushed = staged
            .batch
            .push(baseline, staged.bytes.len() as u64, staged.blocks);
        pushed.expect("the kernels take the file");
        staged.bytes.extend_from_slice(file);
        staged
            .bytes
            .resize(staged.bytes.len().next_multiple_of(16), 0xFF);
        staged.first_blocks.push(staged.blocks);
        staged.blocks += baseline.header.frame().all_stored_blocks();
    }
    staged
}

/// A batch in the memory of the emulator, and its kernels. All of the device memory that the host does not write has any content before.
pub(super) struct Emulation {
    batch: Batch,
    layout: Layout,
    args: JpegEntropyArgs,
    regions: Vec<[u64; 2]>,
    /// The files, the blob, the workspace and the coefficients.
    contents: [Vec<u8>; 4],
    first_blocks: Vec<u64>,
}

impl Emulation {
    /// The first kernels, those that make the streams.
    pub(super) const UNSTUFF: Range<usize> = 0..2;
    /// Those that find the states of the windows.
    pub(super) const SYNCHRONIZE: Range<usize> = 2..5;
    /// Those that count the blocks before each window.
    pub(super) const COUNT: Range<usize> = 5..7;
    /// All kernels.
    pub(super) const ALL: Range<usize> = 0..8;

    /// With windows of `window_bits`, or as many as the batch chooses.
    pub(super) fn new(mut staged: Staged, window_bits: Option<u32>) -> Self {
        let batch = &mut staged.batch;
        let layout: Layout = match window_bits {
            Some(bits) => batch.finish_with(bits),
            None => batch.finish(),
        }
        .expect("the batch is small");
        let mut blob = vec![0xEE; layout.blob_bytes];
        batch.write(&mut blob);
        let junk = |bytes: usize| vec![0xEE; bytes];
        let contents = [
            staged.bytes,
            blob,
            junk(layout.workspace_bytes),
            junk(staged.blocks as usize * 128),
        ];
        let mut regions = Vec::new();
        let [bytes, blob, workspace, coefficients] = contents
            .each_ref()
            .map(|content| place(&mut regions, content));
        let args = batch.args(&Buffers {
            bytes,
            blob,
            workspace,
            coefficients,
        });
        Self {
            batch: staged.batch,
            layout,
            args,
            regions,
            contents,
            first_blocks: staged.first_blocks,
        }
    }

    /// Runs some of the eight kernels.
    pub(super) fn run(&mut self, kernels: Range<usize>, seed: u32) {
        let grids = self.batch.grids();
        let launches = kernels.map(|kernel| {
            let grid = grids[kernel];
            assert_eq!(
                (&grid.blocks[1..], &grid.threads[1..]),
                (&[1; 2][..], &[1; 2][..])
            );
            [
                kernel as u32,
                grid.blocks[0],
                grid.threads[0],
                grid.shared_bytes,
            ]
        });
        let launches: Vec<_> = launches.collect();
        emulate(
            &self.regions,
            &mut self.contents,
            &launches,
            &self.args,
            seed,
        );
    }

    /// The status of each image.
    pub(super) fn statuses(&self) -> Vec<u32> {
        bytemuck::pod_collect_to_vec(&self.contents[1][..self.layout.status_bytes])
    }

    /// The states in which the first `count` windows of the first image begin, packed, for a change.
    pub(super) fn start_states(&mut self, count: usize) -> impl Iterator<Item = &mut [u8; 4]> {
        let [workspace, _] = self.regions[2];
        let starts = (self.args.starts - workspace) as usize;
        let starts = self.contents[2][starts..].chunks_exact_mut(16).take(count);
        starts.map(|start| start.last_chunk_mut().expect("16 bytes"))
    }

    /// What the kernels made.
    pub(super) fn into_decoded(self) -> Decoded {
        let statuses = self.statuses();
        let [.., coefficients] = self.contents;
        Decoded {
            statuses,
            coefficients,
            first_blocks: self.first_blocks,
        }
    }
}

/// Decodes a batch by the kernels, with windows of `window_bits` or as many as the batch chooses.
pub(super) fn decode(staged: Staged, window_bits: Option<u32>, seed: u32) -> Decoded {
    let mut emulation = Emulation::new(staged, window_bits);
    emulation.run(Emulation::ALL, seed);
    emulation.into_decoded()
}

/// Places a region so that it ends at the end of a page.
fn place(regions: &mut Vec<[u64; 2]>, content: &[u8]) -> Address {
    let bytes = content.len() as u64;
    let begin = FIRST_ADDRESS + regions.len() as u64 * REGION_STEP;
    let address = begin + bytes.next_multiple_of(PAGE) - bytes;
    regions.push([address, bytes]);
    assert_eq!(address % 16, 0, "the kernels ask for it");
    Address::new(address)
}

/// Launches kernels of these numbers, blocks, threads and bytes of shared memory; `contents` are those of the regions, before and then behind the last launch.
fn emulate(
    regions: &[[u64; 2]],
    contents: &mut [Vec<u8>],
    launches: &[[u32; 4]],
    args: &JpegEntropyArgs,
    seed: u32,
) {
    let folder = tempfile::tempdir().expect("a folder for the request");
    let mut request = (regions.len() as u32).to_le_bytes().to_vec();
    for (region, content) in regions.iter().zip(&*contents) {
        request.extend_from_slice(bytemuck::bytes_of(region));
        request.extend_from_slice(content);
    }
    request.extend((launches.len() as u32).to_le_bytes());
    for numbers in launches {
        request.extend_from_slice(bytemuck::bytes_of(numbers));
        request.extend_from_slice(bytemuck::bytes_of(args));
    }
    let [from, to] = ["request", "result"].map(|name| folder.path().join(name));
    std::fs::write(&from, request).expect("the request is written");
    let mut command = Command::new(emulator());
    let output = command.args([&from, &to]).arg(seed.to_string()).output();
    let output = output.expect("the emulator is run");
    assert!(
        output.status.success(),
        "{}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    let mut result = &std::fs::read(&to).expect("the result is read")[..];
    for content in contents {
        let (part, rest) = result.split_at(content.len());
        content.copy_from_slice(part);
        result = rest;
    }
}

/// Whether there is a compiler for the emulator; says which test is skipped where there is none.
pub(super) fn has_compiler() -> bool {
    let version = Command::new("g++").arg("--version").output();
    let is_there = version.is_ok_and(|output| output.status.success());
    if !is_there {
        let thread = std::thread::current();
        eprintln!("skipped: {} needs g++", thread.name().unwrap_or("the test"));
    }
    is_there
}

/// The emulator, compiled with the kernels as they are.
fn emulator() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let sources = root.join("tests/cuda_entropy/emulator");
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("jpeg_entropy_emulator");
        let mut command = Command::new("g++");
        command.args([
            "-std=c++17",
            "-O2",
            "-g",
            "-fno-strict-aliasing",
            "-U_FORTIFY_SOURCE",
        ]);
        command.args(["-fsanitize=undefined", "-fno-sanitize-recover=all"]);
        command.arg("-include").arg(sources.join("cuda.h"));
        command
            .arg("-I")
            .arg(&sources)
            .arg("-I")
            .arg(root.join("../../kernels"));
        command
            .arg("-o")
            .arg(&program)
            .arg(sources.join("emulator.cpp"));
        let status = command
            .stdin(Stdio::null())
            .status()
            .expect("g++ is installed");
        assert!(status.success(), "the emulator is compiled");
        program
    })
}

/// A block that no file has.
pub(super) fn untouched() -> [i16; 64] {
    let mut block = <[i16; 64]>::zeroed();
    block.fill(i16::from_le_bytes([0xEE; 2]));
    block
}
