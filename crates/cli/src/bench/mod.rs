//! `pixelflume bench`: how fast the workloads are, beside what the memory could do.

mod cold;
mod copy;
mod cpu;
mod frames;
mod measure;
mod report;
mod spread;
mod workload;

use crate::args::bench::BenchArguments;
use crate::console;
use crate::failure::{Failure, full_text};
use crate::npy;
use crate::report::DeviceReport;
use crate::table::blanks;
use measure::Effort;
use pixelflume::device::{Device, DeviceKind, DeviceRequest};
use report::{CopyBandwidth, Machine, Run, Settings};
use serde::Serialize;
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use workload::{Timing, WORKLOADS, Workload};

/// What the parts of a measurement give; the errors are of many layers, and only told.
type Outcome<T> = Result<T, Box<dyn Error>>;

/// Measures, lists or dumps workloads.
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
    let workloads = select(&arguments.workload)?;
    if arguments.list {
        return show(arguments, &list(&workloads), &list_text(&workloads));
    }
    if let Some(folder) = &arguments.dump {
        dump(&workloads, folder).map_err(failed)?;
        return Ok(ExitCode::SUCCESS);
    }
    let device = Device::open(&arguments.device).map_err(|error| {
        Failure::new(full_text(&error)).help("--device host computes on the CPU")
    })?;
    let run = measure_all(arguments, &workloads, &device).map_err(failed)?;
    let differing = run.workloads.iter().filter(|w| w.differing_frames > 0);
    let wrong: Vec<_> = differing
        .map(|w| format!("{}: {} frames", w.name, w.differing_frames))
        .collect();
    let shown = show(arguments, &run, &run.text());
    if wrong.is_empty() {
        return shown;
    }
    console::error(&format!(
        "results differ from those of the host, so the times mean nothing: {}",
        wrong.join(", ")
    ));
    shown.map(|_| ExitCode::from(1))
}

fn measure_all(
    arguments: &BenchArguments,
    workloads: &[&'static Workload],
    device: &Device,
) -> Outcome<Run> {
    let fusion = !arguments.no_fusion;
    let effort = match arguments.quick {
        true => Effort {
            fusion,
            runs: 15,
            wall: Duration::from_millis(100),
            most: 200,
        },
        false => Effort {
            fusion,
            runs: 60,
            wall: Duration::from_millis(700),
            most: 1000,
        },
    };
    let unix_time = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let before = copy::bandwidth(device, effort.runs)?;
    let mut reports = Vec::new();
    for workload in workloads {
        let one = arguments.batch.map(|batch| [batch]);
        let batches = one.as_ref().map_or(workload.batches, |one| one.as_slice());
        for &batch in batches {
            let report = measure::measure(workload, batch, device, &effort).map_err(|error| {
                format!("{}, batch {batch}: {}", workload.name, full_text(&*error))
            })?;
            reports.push(report);
        }
    }
    let after = copy::bandwidth(device, effort.runs)?;
    let copy = CopyBandwidth {
        before_gb_per_s: before,
        after_gb_per_s: after,
        gb_per_s: before.max(after),
    };
    for report in &mut reports {
        report.compare(copy.gb_per_s);
    }
    let index = match arguments.device {
        DeviceRequest::Cuda(index) => index,
        _ => 0,
    };
    let driver = (device.kind() == DeviceKind::Cuda)
        .then(|| fs::read_to_string("/proc/driver/nvidia/version").ok())
        .flatten()
        .and_then(|text| Some(text.lines().next()?.trim().to_owned()));
    Ok(Run {
        tool: "pixelflume",
        version: env!("CARGO_PKG_VERSION"),
        unix_time,
        machine: Machine {
            device: DeviceReport::new(device, index),
            processor: cpu::processor(),
            processors: std::thread::available_parallelism().map_or(1, Into::into),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            driver,
        },
        settings: Settings {
            workload: arguments.workload.clone(),
            batch: arguments.batch,
            quick: arguments.quick,
            fusion,
        },
        copy,
        workloads: reports,
    })
}

/// The workloads of these names, in the order of the tables; `all` are all.
fn select(names: &[String]) -> Result<Vec<&'static Workload>, Failure> {
    let known =
        |name: &str| name == "all" || WORKLOADS.iter().any(|workload| workload.name == name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        let all: Vec<_> = WORKLOADS.iter().map(|workload| workload.name).collect();
        return Err(Failure::new(format!("there is no workload \"{unknown}\""))
            .help(format!("all, or some of {}", all.join(", "))));
    }
    let wanted = |workload: &&Workload| {
        let is = |name: &String| name == "all" || name == workload.name;
        names.iter().any(is)
    };
    Ok(WORKLOADS.iter().filter(wanted).collect())
}

/// A workload as `--list` shows it.
#[derive(Serialize)]
struct Listed {
    name: &'static str,
    batches: &'static [u32],
    width: u32,
    height: u32,
    channels: u32,
    pipeline: &'static str,
    bytes_read_per_image: usize,
    timing: &'static str,
}

fn list(workloads: &[&'static Workload]) -> Vec<Listed> {
    let listed = workloads.iter().map(|workload| Listed {
        name: workload.name,
        batches: workload.batches,
        width: workload.input.width,
        height: workload.input.height,
        channels: workload.input.channels,
        pipeline: workload.pipeline.trim(),
        bytes_read_per_image: workload.bytes_read(),
        timing: match workload.timing {
            Timing::Throughput => "throughput",
            Timing::Latency => "latency",
        },
    });
    listed.collect()
}

fn list_text(workloads: &[&'static Workload]) -> String {
    let mut text = String::new();
    for workload in workloads {
        let batches: Vec<_> = workload.batches.iter().map(u32::to_string).collect();
        text.push_str(&format!(
            "{}: {} x {}\n",
            workload.name,
            batches.join(" or "),
            workload.input
        ));
        for line in workload.pipeline.trim().lines() {
            text.push_str(&format!("    {line}\n"));
        }
    }
    text
}

/// Writes images and results, as `NAME.input-0.npy` and `NAME.output-0.npy` and so on.
fn dump(workloads: &[&'static Workload], folder: &Path) -> Outcome<()> {
    fs::create_dir_all(folder)?;
    for workload in workloads {
        let (inputs, outputs) = measure::expected(workload, frames::DISTINCT as u32)?;
        for (kind, images) in [("input", inputs), ("output", outputs)] {
            for (index, image) in images.iter().enumerate() {
                let path = folder.join(format!("{}.{kind}-{index}.npy", workload.name));
                let mut file = BufWriter::new(File::create(path)?);
                npy::write(&mut file, &image.shape(), image.data())?;
                file.flush()?;
            }
        }
    }
    Ok(())
}

fn json(data: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string_pretty(data)
        .map(|json| json + "\n")
        .map_err(|error| Failure::new(format!("cannot write JSON: {error}")))
}

/// Prints the table, and the data where they are wanted.
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

/// Rows in columns, the first to the left, the others to the right.
fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let widths: [usize; N] = std::array::from_fn(|column| {
        let widths = rows.iter().map(|row| row[column].chars().count());
        widths.max().unwrap_or(0)
    });
    let mut text = String::new();
    for row in rows {
        let line: Vec<String> = (0..N)
            .map(|column| {
                let cell = &row[column];
                let blanks = blanks(widths[column], cell);
                match column {
                    0 => format!("{cell}{blanks}"),
                    _ => format!("{blanks}{cell}"),
                }
            })
            .collect();
        text.push_str(line.join("  ").trim_end());
        text.push('\n');
    }
    text
}
