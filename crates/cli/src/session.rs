//! The parts that runs over images and runs over videos share: device, claims and report.

use crate::advice;
use crate::args::RunArguments;
use crate::console;
use crate::device_list;
use crate::engines::Engines;
use crate::failure::Failure;
use crate::report::{
    Effective, InputReport, PipelineReport, Report, Settings, Totals, UsedDevice, device_report,
    path_text,
};
use crate::threads;
use pixelflume::codec::Subsampling;
use pixelflume::device::{Device, DeviceKind, HostConfig, default_threads};
use pixelflume::files::claims::Claims;
use pixelflume::files::target::OpenTarget;
use pixelflume::graph::text::Shown;
use pixelflume::memory::AllocatorMode;
use pixelflume::ops::ImageShape;
use pixelflume::ops::yuv::{YuvMatrix, YuvRange};
use pixelflume::pipeline::Pipeline;
use pixelflume::scheduler::Schedule;
use std::io::{BufWriter, IntoInnerError, Write};
use std::path::Path;

/// Refuses outputs that cannot be written for any input. Each number of channels that an input may have is tried; it is enough
/// that the pipeline accepts one of them and `check` accepts the output.
pub(crate) fn refuse_unwritable_outputs(
    pipeline: &Pipeline,
    channels: &[u32],
    check: impl Fn(&ImageShape) -> Result<(), String>,
) -> Result<(), Failure> {
    let inputs = pipeline.inputs().len();
    let possible: Vec<_> = channels
        .iter()
        .filter_map(|&channels| {
            let shapes = vec![ImageShape::u8(1024, 1024, channels); inputs];
            pipeline.infer(&shapes).ok()
        })
        .collect();
    for &node in pipeline.output_nodes() {
        let checks = possible.iter().map(|shapes| check(&shapes.nodes[node]));
        let refused: Vec<String> = checks.filter_map(Result::err).collect();
        if let Some(reason) = refused.first()
            && refused.len() == possible.len()
        {
            let name = pipeline.nodes()[node].name();
            return Err(Failure::new(format!("output {}: {reason}", Shown(name))));
        }
    }
    Ok(())
}

/// Opens the devices of `--device`, at least one; a host device gets `threads` worker threads.
pub(crate) fn open_devices(
    arguments: &RunArguments,
    threads: usize,
) -> Result<Vec<Device>, Failure> {
    let devices = device_list::open(&arguments.device)?;
    let devices = devices.into_iter();
    Ok(devices.map(|device| of_threads(device, threads)).collect())
}

fn of_threads(device: Device, threads: usize) -> Device {
    let workers = device.capabilities().multiprocessors as usize;
    if device.kind() == DeviceKind::Host && workers != threads {
        // Its threads end before new ones start.
        drop(device);
        let config = HostConfig::default().with_threads(threads);
        return Device::host_with(config);
    }
    device
}

/// The devices of a run in words.
pub(crate) fn named(devices: &[Device]) -> String {
    let names: Vec<String> = devices.iter().map(ToString::to_string).collect();
    names.join(", ")
}

/// The number of threads that read, decode and encode, and of worker threads of the host device: the value of `--threads`, or
/// [`default_threads`], or fewer where the process has no address space for them.
pub(crate) fn threads(arguments: &RunArguments) -> usize {
    threads::fitting(match arguments.threads {
        Some(threads) => threads as usize,
        None => default_threads(),
    })
}

/// The number of streams that the nodes are spread over.
pub(crate) fn streams(engines: &Engines) -> usize {
    let streams = engines.effective().streams.value;
    let schedule = Schedule::new(engines.pipeline().tasks(), streams);
    schedule.map_or(1, |schedule| schedule.streams_used())
}

/// Claims the inputs of a run and its pipeline file for reading.
pub(crate) fn claim_inputs<'a>(
    arguments: &'a RunArguments,
    inputs: impl IntoIterator<Item = &'a Path>,
) -> Claims {
    let pipeline = std::iter::once(arguments.pipeline.as_path());
    Claims::reading(inputs.into_iter().chain(pipeline))
}

/// Claims the files of report and trace, after those of the results.
///
/// # Errors
/// The run reads one of those files, or writes something else to it.
pub(crate) fn claim_reports(arguments: &RunArguments, claims: &mut Claims) -> Result<(), Failure> {
    for (option, path) in [("report", &arguments.report), ("trace", &arguments.trace)] {
        if let Some(path) = path {
            claims
                .write(&format!("the {option}"), path)
                .map_err(|error| advice::claim(&error, Some(option)))?;
        }
    }
    Ok(())
}

/// The part of the report that depends on the kind of the inputs.
pub(crate) struct RunResults {
    pub(crate) totals: Totals,
    pub(crate) effective: Effective,
    pub(crate) inputs: Vec<InputReport>,
}

/// Puts the report of a run together.
pub(crate) fn make_report(
    arguments: &RunArguments,
    engines: &Engines,
    results: RunResults,
) -> Report {
    let pipeline = engines.pipeline();
    let (sums, replay) = engines.report();
    let memory = engines.memory();
    let devices = engines.memories().iter().map(UsedDevice::new);
    Report {
        version: env!("CARGO_PKG_VERSION"),
        pipeline: PipelineReport {
            file: path_text(&arguments.pipeline),
            name: pipeline.name().to_owned(),
            inputs: pipeline.inputs().map(str::to_owned).collect(),
            outputs: pipeline.outputs().map(str::to_owned).collect(),
        },
        device: device_report(memory.device()),
        devices: devices.collect(),
        settings: Settings {
            out: path_text(&arguments.out),
            device: arguments.device.to_string(),
            batch: arguments.batch,
            streams: arguments.streams,
            threads: arguments.threads,
            allocator: arguments.allocator.map(AllocatorMode::name),
            memory_limit: arguments.memory_limit,
            host_memory: arguments.host_memory.map(|bytes| bytes.as_u64()),
            max_pixels: arguments.max_pixels,
            execution: arguments.execution.as_ref().map(ToString::to_string),
            fusion: pipeline.fusion(),
            trace: arguments.trace.as_deref().map(path_text),
            first_index: arguments.first_index,
            epoch: arguments.epoch,
            format: arguments.format.extension(),
            quality: arguments.quality,
            subsampling: arguments.subsampling.map(Subsampling::name),
            raw: arguments.raw.as_ref().map(|raw| raw.text.clone()),
            out_raw: arguments.out_raw.map(|frames| frames.0.name()),
            matrix: arguments.matrix.map(YuvMatrix::name),
            range: arguments.range.map(YuvRange::name),
        },
        effective: results.effective,
        totals: results.totals,
        engines: sums,
        replay,
        memory: memory.statistics().into(),
        inputs: results.inputs,
    }
}

/// Prints the last line of a run to stdout; returns whether that succeeded.
pub(crate) fn tell_summary(text: &str) -> bool {
    let printed = console::print(text);
    if let Err(failure) = &printed {
        console::failure(failure);
    }
    printed.is_ok()
}

/// Writes the report, where one is requested; returns whether that succeeded.
pub(crate) fn finish_report(
    arguments: &RunArguments,
    file: Option<OpenTarget>,
    report: &Report,
) -> bool {
    if let (Some(target), Some(path)) = (file, &arguments.report)
        && let Err(reason) = write_report(target, report)
    {
        console::error(&format!("cannot write report {}: {reason}", path.display()));
        return false;
    }
    true
}

fn write_report(target: OpenTarget, report: &Report) -> Result<(), String> {
    let mut file = BufWriter::new(target);
    serde_json::to_writer_pretty(&mut file, report).map_err(|error| error.to_string())?;
    let written = file.write_all(b"\n").and_then(|()| file.flush());
    written
        .and_then(|()| file.into_inner().map_err(IntoInnerError::into_error))
        .and_then(OpenTarget::keep)
        .map_err(|error| error.to_string())
}
