//! `pixelflume bench`: measures what the arguments name, and prints the figures.

use crate::args::bench::BenchArguments;
use crate::console;
use crate::failure::Failure;
use crate::trace::TraceFile;
use pixelflume::device::DeviceRequest;
use pixelflume_bench::{BenchError, Findings, Options, Verdict};
use std::fs;
use std::process::{Command, ExitCode};

/// The exit status for a GPU of which no shares are stored.
const NOTHING_STORED: u8 = 3;

/// Measures what the arguments name.
pub(crate) fn bench(arguments: &BenchArguments) -> Result<ExitCode, Failure> {
    if let Some(from) = arguments.cold_start_from {
        let json = pixelflume_bench::first_result(single(arguments)?, from).map_err(failure)?;
        console::print(&json)?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(folder) = &arguments.dump {
        pixelflume_bench::dump(&arguments.workload, folder).map_err(failure)?;
        return Ok(ExitCode::SUCCESS);
    }
    let file = TraceFile::prepare(arguments.trace.as_deref())?;
    let found = if arguments.list {
        pixelflume_bench::list(&arguments.workload)
    } else if arguments.cold_start {
        cold_start(arguments)?
    } else {
        pixelflume_bench::measure(&options(arguments, &file))
    };
    let findings = match found {
        Err(error @ BenchError::NothingStored { .. }) => {
            console::failure(&failure(error));
            return Ok(ExitCode::from(NOTHING_STORED));
        }
        found => found.map_err(failure)?,
    };
    show(arguments, &findings)?;
    let is_fine = match findings.verdict {
        Verdict::None => true,
        Verdict::Told(text) => {
            console::print(&format!("{text}\n"))?;
            true
        }
        Verdict::Wrong(text) => {
            console::error(&text);
            false
        }
        Verdict::Failed(error) => return Err(failure(error)),
    };
    Ok(match file.finish() && is_fine {
        true => ExitCode::SUCCESS,
        false => ExitCode::from(1),
    })
}

fn options(arguments: &BenchArguments, file: &TraceFile) -> Options {
    Options {
        section: arguments.section,
        workloads: arguments.workload.clone(),
        devices: arguments.device.clone(),
        batch: arguments.batch,
        fusion: !arguments.no_fusion,
        quick: arguments.quick,
        check: arguments.check.clone(),
        write_shares: arguments.write_shares.clone(),
        trace: file.trace(),
        files: arguments.files.clone(),
        decoders: arguments.decoder.clone(),
    }
}

/// Measures processes, which are this program with `--cold-start-from`.
fn cold_start(arguments: &BenchArguments) -> Result<Result<Findings, BenchError>, Failure> {
    let program = std::env::current_exe()
        .map_err(|error| Failure::new(format!("the path of this program is unknown: {error}")))?;
    let request = single(arguments)?;
    let child = |from: u64| {
        let mut command = Command::new(&program);
        command.args(["bench", "--device", &request.to_string()]);
        command.args(["--cold-start-from", &from.to_string()]);
        command
    };
    Ok(pixelflume_bench::cold_start(
        request,
        arguments.quick,
        child,
    ))
}

/// The one device of a measurement of processes.
fn single(arguments: &BenchArguments) -> Result<&DeviceRequest, Failure> {
    let devices = &arguments.device;
    devices
        .single()
        .ok_or_else(|| Failure::new(format!("--cold-start measures one device, not {devices}")))
}

fn failure(error: BenchError) -> Failure {
    let failure = Failure::new(error.to_string());
    match error {
        BenchError::Refused {
            help: Some(help), ..
        } => failure.help(help),
        _ => failure,
    }
}

/// Prints the table, and writes the JSON where `--json` asks for it.
fn show(arguments: &BenchArguments, findings: &Findings) -> Result<(), Failure> {
    match &arguments.json {
        Some(path) if path.as_os_str() == "-" => {
            console::note(&findings.text);
            console::print(&findings.json)
        }
        Some(path) => {
            fs::write(path, &findings.json).map_err(|error| {
                Failure::new(format!("cannot write {}: {error}", path.display()))
            })?;
            console::print(&findings.text)
        }
        None => console::print(&findings.text),
    }
}
