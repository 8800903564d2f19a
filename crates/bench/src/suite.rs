//! The section `workloads`: it selects, lists, dumps and measures them, and compares them with stored shares.

use crate::error::{BenchError, Measured, full_text};
use crate::findings::{Findings, Verdict};
use crate::machine::{Machine, unix_time};
use crate::options::{Options, open};
use crate::report::{CopyBandwidth, Run, Settings};
use crate::setup::Effort;
use crate::shares::{self, StoredShares};
use crate::workload::{Timing, WORKLOADS, Workload};
use crate::{copy, execution, frames};
use pixelflume::device::{Device, DeviceRequest};
use pixelflume::files::npy;
use serde::Serialize;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Duration;

/// Measures the workloads that the options select.
pub(crate) fn run(options: &Options, request: &DeviceRequest) -> Result<Findings, BenchError> {
    let workloads = select(&options.workloads)?;
    let device = open(request)?;
    // A GPU without stored shares is reported before minutes are spent on measuring.
    let stored_shares = match &options.check {
        Some(file) => {
            let stored_shares = StoredShares::read(file.as_deref())?;
            stored_shares.of(device.name())?;
            Some(stored_shares)
        }
        None => None,
    };
    let run = measure_all(options, &workloads, (&device, request))?;
    let mut findings = Findings::new(&run, run.text())?;
    let verdict = verdict(options, &device, &run, stored_shares.as_ref());
    findings.verdict = verdict.unwrap_or_else(Verdict::Failed);
    Ok(findings)
}

/// Whether results differ, or shares fell; and the shares are written where that is asked for.
fn verdict(
    options: &Options,
    device: &Device,
    run: &Run,
    stored_shares: Option<&StoredShares>,
) -> Result<Verdict, BenchError> {
    let differing = run.workloads.iter().filter(|w| w.differing_frames > 0);
    let wrong: Vec<_> = differing
        .map(|w| format!("{}: {} frames", w.name, w.differing_frames))
        .collect();
    if !wrong.is_empty() {
        return Ok(Verdict::Wrong(format!(
            "results differ from those of the host, so the times mean nothing: {}",
            wrong.join(", ")
        )));
    }
    if let Some(file) = &options.write_shares {
        let told = shares::write(file, device.name(), &run.workloads)?;
        return Ok(Verdict::Told(told));
    }
    let Some(stored_shares) = stored_shares else {
        return Ok(Verdict::None);
    };
    let stored = stored_shares.of(device.name())?;
    let measured = shares::measured(&run.workloads)?;
    let compared = shares::compare(stored, &measured, stored_shares.tolerance);
    Ok(compared.map_or_else(Verdict::Wrong, Verdict::Told))
}

/// The workloads of these names, with their pipelines; nothing is measured.
///
/// # Errors
/// There is no workload of a name.
pub fn list(workloads: &[String]) -> Result<Findings, BenchError> {
    let workloads = select(workloads)?;
    Findings::new(&listed(&workloads), list_text(&workloads))
}

/// Writes the first images of the workloads of these names and their results to a folder, as `NAME.input-0.npy`, `NAME.output-0.npy`
/// and so on.
///
/// # Errors
/// There is no workload of a name, or a file cannot be written.
pub fn dump(workloads: &[String], folder: &Path) -> Result<(), BenchError> {
    Ok(write_images(&select(workloads)?, folder)?)
}

fn measure_all(
    options: &Options,
    workloads: &[&'static Workload],
    (device, request): (&Device, &DeviceRequest),
) -> Measured<Run> {
    let fusion = options.fusion;
    let effort = match options.quick {
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
    let unix_time = unix_time()?;
    let before = copy::bandwidth(device, effort.runs)?;
    let mut reports = Vec::new();
    for workload in workloads {
        let one = options.batch.map(|batch| [batch]);
        let batches = one.as_ref().map_or(workload.batches, |one| one.as_slice());
        for &batch in batches {
            let report = execution::measure(workload, batch, device, &effort).map_err(|error| {
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
    Ok(Run {
        tool: "pixelflume",
        version: env!("CARGO_PKG_VERSION"),
        unix_time,
        machine: Machine::new(device, request),
        settings: Settings {
            workload: options.workloads.clone(),
            batch: options.batch,
            quick: options.quick,
            fusion,
        },
        copy,
        workloads: reports,
    })
}

/// The workloads of these names, in the order of the tables; the name `all` stands for all of them.
fn select(names: &[String]) -> Result<Vec<&'static Workload>, BenchError> {
    let known =
        |name: &str| name == "all" || WORKLOADS.iter().any(|workload| workload.name == name);
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        let all: Vec<_> = WORKLOADS.iter().map(|workload| workload.name).collect();
        return Err(BenchError::refused_with(
            format!("there is no workload \"{unknown}\""),
            format!("all, or some of {}", all.join(", ")),
        ));
    }
    let wanted = |workload: &&Workload| {
        let is = |name: &String| name == "all" || name == workload.name;
        names.iter().any(is)
    };
    Ok(WORKLOADS.iter().filter(wanted).collect())
}

/// A workload as `--list --json` shows it.
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

fn listed(workloads: &[&'static Workload]) -> Vec<Listed> {
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

fn write_images(workloads: &[&'static Workload], folder: &Path) -> Measured<()> {
    fs::create_dir_all(folder)?;
    for workload in workloads {
        let (inputs, outputs) = execution::expected(workload, frames::DISTINCT as u32)?;
        for (kind, images) in [("input", inputs), ("output", outputs)] {
            for (index, image) in images.iter().enumerate() {
                let path = folder.join(format!("{}.{kind}-{index}.npy", workload.name));
                let mut file = BufWriter::new(File::create(path)?);
                npy::write_image(&mut file, image.into())?;
                file.flush()?;
            }
        }
    }
    Ok(())
}
