//! `pixelflume bench`: all benchmarks of the project but criterion's micro-benchmarks of the CPU.
//!
//! Sections are [`suite`] (workloads beside the copy bandwidth), [`engine`] (frames per second of a streaming engine),
//! [`memory`] (allocations), [`staging`] (batches in ordinary memory), [`mixed`] (images of several sizes; with [`mixed::long`],
//! thousands of batches of them), [`jpeg`] (files), [`submission`] (launches and graphs; with [`submit`],
//! batches that nobody waits for) and [`cold`] (from the start of a process).

mod cold;
mod copy;
mod cpu;
mod engine;
mod frames;
mod jpeg;
mod machine;
mod measure;
mod memory;
mod mixed;
mod report;
mod setup;
mod shares;
mod spread;
mod staging;
mod submission;
mod submit;
mod suite;
mod workload;

use crate::args::bench::{BenchArguments, JpegDecoder, Section};
use crate::console;
use crate::failure::{Failure, full_text};
use machine::{Machine, unix_time};
use pixelflume::device::{Device, DeviceRequest};
use serde::Serialize;
use std::error::Error;
use std::fs;
use std::process::ExitCode;

/// The result of a part of a measurement. Its errors come from many layers and are only printed.
type Measured<T> = Result<T, Box<dyn Error>>;

/// Measures the section that the arguments name.
pub(crate) fn bench(arguments: &BenchArguments) -> Result<ExitCode, Failure> {
    let failed = |error: Box<dyn Error>| Failure::new(full_text(&*error));
    if let Some(from) = arguments.cold_start_from {
        let start = cold::child(arguments, from).map_err(failed)?;
        console::print(&json(&start)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if arguments.cold_start {
        let start = cold::measure(arguments).map_err(failed)?;
        return show(arguments, &start, &start.text());
    }
    if arguments.trace.is_some() && arguments.section != Section::Engine {
        return Err(Failure::new("--trace is only for the section engine")
            .help("pixelflume bench engine --trace FILE.json"));
    }
    if arguments.section != Section::Jpeg
        && (arguments.files.is_some() || arguments.decoder != [JpegDecoder::Pixelflume])
    {
        return Err(
            Failure::new("--files and --decoder are only for the section jpeg")
                .help("pixelflume bench jpeg --decoder pixelflume,nvjpeg"),
        );
    }
    match arguments.section {
        Section::Workloads => suite::run(arguments),
        Section::Engine => engine::run(arguments),
        Section::Memory => {
            let device = open(&arguments.device)?;
            let figures = memory::measure(&device, arguments.quick).map_err(failed)?;
            let text = memory::text(&device, &figures);
            show_section(arguments, &device, figures, &text)
        }
        Section::Staging => {
            let device = open(&arguments.device)?;
            let staging = staging::measure(&device, arguments.quick).map_err(failed)?;
            let text = staging::text(&device, &staging);
            show_section(arguments, &device, staging, &text)
        }
        Section::Mixed => {
            let device = open(&arguments.device)?;
            let mixed = mixed::measure(&device, arguments.quick).map_err(failed)?;
            let text = mixed::text(&device, &mixed);
            show_section(arguments, &device, mixed, &text)
        }
        Section::MixedLong => {
            let device = open(&arguments.device)?;
            let long = mixed::long::measure(&device, arguments.quick).map_err(failed)?;
            let text = mixed::long::text(&device, &long);
            show_section(arguments, &device, long, &text)
        }
        Section::Jpeg => {
            let device = open(&arguments.device)?;
            let jpeg = jpeg::measure(arguments, &device).map_err(failed)?;
            let text = jpeg::text(&device, &jpeg);
            show_section(arguments, &device, jpeg, &text)
        }
        Section::Submission => {
            let device = open(&arguments.device)?;
            let chains = submission::measure(&device, arguments.quick).map_err(failed)?;
            let submits = submit::measure(&device, arguments.quick).map_err(failed)?;
            let mut text = submission::text(&device, &chains);
            text.push('\n');
            text.push_str(&submit::text(&device, &submits));
            show_section(arguments, &device, Submission { chains, submits }, &text)
        }
    }
}

/// The results of the section `submission`.
#[derive(Serialize)]
struct Submission {
    chains: Vec<submission::Chain>,
    submits: Vec<submit::Submit>,
}

/// Opens the device of `--device`.
fn open(request: &DeviceRequest) -> Result<Device, Failure> {
    Device::open(request)
        .map_err(|error| Failure::new(full_text(&error)).help("--device host computes on the CPU"))
}

/// The results of a section other than `workloads`, as `--json` writes them.
#[derive(Serialize)]
struct SectionReport<T> {
    /// Always `pixelflume`.
    tool: &'static str,
    version: &'static str,
    /// Seconds since 1970.
    unix_time: u64,
    machine: Machine,
    section: Section,
    quick: bool,
    results: T,
}

/// Prints the table of a section, and writes its results where `--json` asks for them.
fn show_section(
    arguments: &BenchArguments,
    device: &Device,
    results: impl Serialize,
    text: &str,
) -> Result<ExitCode, Failure> {
    let unix_time = unix_time().map_err(|error| Failure::new(full_text(&*error)))?;
    let report = SectionReport {
        tool: "pixelflume",
        version: env!("CARGO_PKG_VERSION"),
        unix_time,
        machine: Machine::new(device, &arguments.device),
        section: arguments.section,
        quick: arguments.quick,
        results,
    };
    show(arguments, &report, text)
}

fn json(data: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(data)
        .map(|json| json + "\n")
        .map_err(|error| Failure::new(format!("cannot write JSON: {error}")))
}

/// Prints the table, and writes the JSON where `--json` asks for it.
fn show(
    arguments: &BenchArguments,
    data: &impl Serialize,
    text: &str,
) -> Result<ExitCode, Failure> {
    match &arguments.json {
        Some(path) if path.as_os_str() == "-" => {
            console::note(text);
            console::print(&json(data)?)?;
        }
        Some(path) => {
            fs::write(path, json(data)?).map_err(|error| {
                Failure::new(format!("cannot write {}: {error}", path.display()))
            })?;
            console::print(text)?;
        }
        None => console::print(text)?,
    }
    Ok(ExitCode::SUCCESS)
}
