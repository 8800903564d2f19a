//! The section `jpeg`: images per second from JPEG files in page-locked memory to pixels and to tensors, and the time of one file alone,
//! beside the CPU's decoder and, where it is asked for, nvJPEG.
//!
//! The images of all files are compared with those of the CPU before anything is timed.

mod batches;
mod cpu;
mod equality;
mod figures;
mod files;
#[cfg(feature = "cuda")]
mod nvjpeg;
#[cfg(feature = "cuda")]
mod peer;
#[cfg(not(feature = "cuda"))]
#[path = "no_peer.rs"]
mod peer;

use self::batches::End;
use self::figures::Difference;
use self::files::Files;
use crate::error::Measured;
use crate::options::{JpegDecoder, Options};
use crate::spread::{Latency, Spread};
use crate::table;
use pixelflume::codec::cuda::BatchOptions;
use pixelflume::codec::{Color, DecodeOptions, Subsampling};
use pixelflume::device::{Device, DeviceKind};
use pixelflume::memory::{MemoryConfig, MemoryManager};
use pixelflume::ops::{Normalize, Resize};
use pixelflume::pipeline::{Pipeline, PipelineBuilder};
use serde::Serialize;

/// Files of a batch.
const BATCHES: [usize; 2] = [64, 8];

/// How much is measured.
struct Effort {
    /// Files of the first form; the others have an eighth of them.
    files: usize,
    size: (u32, u32),
    /// Images of a row of batches.
    images: usize,
    /// Files that are decoded alone.
    alone: usize,
}

impl Effort {
    fn new(device: &Device, quick: bool) -> Self {
        match (quick, device.kind()) {
            (true, _) => Effort {
                files: 16,
                size: (320, 180),
                images: 64,
                alone: 20,
            },
            (false, DeviceKind::Host) => Effort {
                files: 64,
                size: (1920, 1080),
                images: 256,
                alone: 0,
            },
            (false, DeviceKind::Cuda) => Effort {
                files: 512,
                size: (1920, 1080),
                images: 12_800,
                alone: 1000,
            },
        }
    }
}

/// The results of the section.
#[derive(Debug, Serialize)]
pub(crate) struct Jpeg {
    files: Vec<Measurement>,
}

/// The results of files of one form.
#[derive(Debug, Serialize)]
struct Measurement {
    /// Size, subsampling and quality; or the folder.
    name: String,
    files: usize,
    /// Bytes of a file, on average.
    mean_bytes: usize,
    rows: Vec<Row>,
    /// What could not be measured, with the reason.
    left_out: Vec<String>,
}

/// One way to decode.
#[derive(Debug, Serialize)]
struct Row {
    decoder: String,
    /// `RGB`, or `tensors` of 224x224.
    to: &'static str,
    /// Files of a batch.
    batch: usize,
    images_per_s: Option<Spread>,
    /// The time of a file alone.
    us: Option<Latency>,
    /// How the samples differ from the CPU's; `null` for the CPU.
    difference: Option<Difference>,
}

/// How files are decoded: to RGB, in the orientation of their EXIF data.
pub(crate) fn decode_options() -> DecodeOptions {
    DecodeOptions {
        color: Color::Rgb,
        ..DecodeOptions::default()
    }
}

/// The same for batches on CUDA.
fn batch_options() -> BatchOptions {
    decode_options().into()
}

/// 224x224 normalized planar f32.
pub(crate) fn pipeline() -> Measured<Pipeline> {
    let mut builder = PipelineBuilder::new("jpeg");
    let input = builder.input("input")?;
    let small = builder.then(input, "small", Resize::new(224, 224)?)?;
    let normalize = Normalize::new(&[0.485, 0.456, 0.406], &[0.229, 0.224, 0.225])?;
    builder.then(small, "tensor", normalize)?;
    Ok(builder.build()?)
}

pub(crate) fn measure(options: &Options, device: &Device) -> Measured<Jpeg> {
    let effort = Effort::new(device, options.quick);
    let memory = MemoryManager::new(device, MemoryConfig::default());
    let mut measured = Vec::new();
    if let Some(folder) = &options.files {
        let files = Files::of_folder(&memory, folder)?;
        measured.push(of_files(options, &memory, &files, &effort)?);
    } else {
        for (subsampling, count) in [
            (Subsampling::S420, effort.files),
            (Subsampling::S444, effort.files / 8),
        ] {
            let files = Files::photographs(&memory, count, effort.size, subsampling)?;
            measured.push(of_files(options, &memory, &files, &effort)?);
        }
    }
    Ok(Jpeg { files: measured })
}

fn of_files(
    options: &Options,
    memory: &MemoryManager,
    files: &Files,
    effort: &Effort,
) -> Measured<Measurement> {
    let list = files.list()?;
    let mut measurement = Measurement {
        name: files.name.clone(),
        files: files.len(),
        mean_bytes: files.mean_bytes(),
        rows: cpu::rows(memory, &list, effort.images.min(256))?,
        left_out: Vec::new(),
    };
    if memory.device().kind() == DeviceKind::Host {
        return Ok(measurement);
    }
    for decoder in &options.decoders {
        match decoder {
            JpegDecoder::Pixelflume => own(memory, &list, effort, &mut measurement.rows)?,
            JpegDecoder::Nvjpeg => peer::rows(memory, &list, effort, &mut measurement)?,
        }
    }
    Ok(measurement)
}

/// The rows of this project's decoder on CUDA, whose results are equal to the CPU's, or nothing is timed.
fn own(
    memory: &MemoryManager,
    files: &[&[u8]],
    effort: &Effort,
    rows: &mut Vec<Row>,
) -> Measured<()> {
    let difference = equality::of_pixels(memory, files)?;
    let of_tensors = equality::of_tensors(memory, &files[..files.len().min(BATCHES[0])])?;
    for (what, difference) in [("pixels", difference), ("tensors", of_tensors)] {
        if difference.differing > 0 {
            let text = difference.text();
            return Err(format!("{what} differ from those of the CPU: {text}").into());
        }
    }
    let row = |to, batch| Row {
        decoder: "CUDA".to_owned(),
        to,
        batch,
        images_per_s: None,
        us: None,
        difference: Some(difference),
    };
    for size in sizes(files) {
        let batches = batches_of(files, size);
        let rate = batches::in_a_row(memory, &batches, End::Pixels, effort.images / size)?;
        rows.push(Row {
            images_per_s: Some(rate),
            ..row("RGB", size)
        });
    }
    rows.push(Row {
        us: Some(batches::alone(memory, files, effort.alone)?),
        ..row("RGB", 1)
    });
    let size = sizes(files)[0];
    let end = End::tensors(pipeline()?, memory, size)?;
    let rate = batches::in_a_row(memory, &batches_of(files, size), end, effort.images / size)?;
    rows.push(Row {
        images_per_s: Some(rate),
        difference: Some(of_tensors),
        ..row("tensors", size)
    });
    Ok(())
}

/// Sizes of batches, the largest one first.
fn sizes(files: &[&[u8]]) -> Vec<usize> {
    let mut sizes = BATCHES.map(|size| size.min(files.len())).to_vec();
    sizes.dedup();
    sizes
}

/// The files in batches of this size; those behind the last whole batch are left out.
fn batches_of<'a>(files: &[&'a [u8]], size: usize) -> Vec<Vec<&'a [u8]>> {
    files.chunks_exact(size).map(<[_]>::to_vec).collect()
}

/// The table.
pub(crate) fn text(device: &Device, jpeg: &Jpeg) -> String {
    let mut text = String::new();
    for measurement in &jpeg.files {
        let head = [
            "decoder",
            "to",
            "batch",
            "images/s",
            "p10",
            "p90",
            "us alone",
            "p99",
            "samples that differ",
        ];
        let mut rows = vec![head.map(str::to_owned)];
        for row in &measurement.rows {
            let part = |value: Option<f64>| {
                value.map_or_else(|| "-".to_owned(), |value| format!("{value:.0}"))
            };
            rows.push([
                row.decoder.clone(),
                row.to.to_owned(),
                row.batch.to_string(),
                part(row.images_per_s.map(|rate| rate.median)),
                part(row.images_per_s.map(|rate| rate.p10)),
                part(row.images_per_s.map(|rate| rate.p90)),
                part(row.us.map(|us| us.p50)),
                part(row.us.map(|us| us.p99)),
                row.difference
                    .map_or_else(|| "-".to_owned(), |difference| difference.text()),
            ]);
        }
        text.push_str(&format!(
            "{} JPEG files, {}, {} bytes each, in page-locked memory, on {device}\n{}",
            measurement.files,
            measurement.name,
            measurement.mean_bytes,
            table::rows(&rows)
        ));
        for reason in &measurement.left_out {
            text.push_str(&format!("left out: {reason}\n"));
        }
        text.push('\n');
    }
    text.push_str(NOTES);
    text
}

const NOTES: &str = "\
RGB: pixels in memory of the device; tensors: resized to 224x224, normalized, planar f32, in memory of the device.
samples that differ: from those of the CPU, which are libjpeg-turbo's. nvJPEG is inexact: it rounds otherwise and, unless it is
told to interpolate, repeats chroma samples; it is for comparison alone.
";
