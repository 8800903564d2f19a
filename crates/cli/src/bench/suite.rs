//! The section `workloads`: it selects, lists, dumps and measures them, and compares them with stored shares.

use super::machine::{Machine, unix_time};
use super::measure;
use super::report::{CopyBandwidth, Run, Settings};
use super::setup::Effort;
use super::shares::{self, StoredShares};
use super::workload::{Timing, WORKLOADS, Workload};
use super::{Measured, copy, frames, open, show};
use crate::args::bench::BenchArguments;
use crate::console;
use crate::failure::{Failure, full_text};
use pixelflume::device::Device;
use pixelflume::files::npy;
use serde::Serialize;
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// The exit status for a GPU of which no shares are stored.
const NOTHING_STORED: u8 = 3;

/// Lists, dumps or measures the workloads that the arguments select.
pub(super) fn run(arguments: &BenchArguments) -> Result<ExitCode, Failure> {
    let failed = |error: Box<dyn Error>| Failure::new(full_text(&*error));
    let workloads = select(&arguments.workload)?;
    if arguments.list {
        return show(arguments, &list(&workloads), &list_text(&workloads));
    }
    if let Some(folder) = &arguments.dump {
        dump(&workloads, folder).map_err(failed)?;
        return Ok(ExitCode::SUCCESS);
    }
    let device = open(&arguments.device)?;
    // A GPU without stored shares is reported before minutes are spent on measuring.
    let stored_shares = match &arguments.check {
        Some(file) => {
            let stored_shares = StoredShares::read(file.as_deref())?;
            if let Err(failure) = stored_shares.of(device.name()) {
                console::failure(&failure);
                return Ok(ExitCode::from(NOTHING_STORED));
            }
            Some(stored_shares)
        }
        None => None,
    };
    let run = measure_all(arguments, &workloads, &device).map_err(failed)?;
    let shown = show(arguments, &run, &run.text())?;
    let differing = run.workloads.iter().filter(|w| w.differing_frames > 0);
    let wrong: Vec<_> = differing
        .map(|w| format!("{}: {} frames", w.name, w.differing_frames))
        .collect();
    if !wrong.is_empty() {
        console::error(&format!(
            "results differ from those of the host, so the times mean nothing: {}",
            wrong.join(", ")
        ));
        return Ok(ExitCode::from(1));
    }
    if let Some(file) = &arguments.write_shares {
        let told = shares::write(file, device.name(), &run.workloads)?;
        console::print(&format!("{told}\n"))?;
    }
    if let Some(stored_shares) = &stored_shares {
        let stored = stored_shares.of(device.name())?;
        match shares::compare(
            stored,
            &shares::measured(&run.workloads)?,
            stored_shares.tolerance,
        ) {
            Ok(told) => console::print(&format!("{told}\n"))?,
            Err(slow) => {
                console::error(&slow);
                return Ok(ExitCode::from(1));
            }
        }
    }
    Ok(shown)
}

fn measure_all(
    arguments: &BenchArguments,
    workloads: &[&'static Workload],
    device: &Device,
) -> Measured<Run> {
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
    let unix_time = unix_time()?;
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
    Ok(Run {
        tool: "pixelflume",
        version: env!("CARGO_PKG_VERSION"),
        unix_time,
        machine: Machine::new(device, &arguments.device),
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

/// The workloads of these names, in the order of the tables; the name `all` stands for all of them.
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

/// Writes images and results as `NAME.input-0.npy`, `NAME.output-0.npy` and so on.
fn dump(workloads: &[&'static Workload], folder: &Path) -> Measured<()> {
    fs::create_dir_all(folder)?;
    for workload in workloads {
        let (inputs, outputs) = measure::expected(workload, frames::DISTINCT as u32)?;
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
