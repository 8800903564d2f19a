//! What runs over images and runs over videos have in common: the device, and the report.

use crate::args::RunArguments;
use crate::claims::Claims;
use crate::console;
use crate::container::raw::RawFormat;
use crate::devices;
use crate::engines::{Engines, Sums};
use crate::failure::Failure;
use crate::report::{
    DeviceReport, Effective, InputReport, PipelineReport, Report, Settings, Totals, path_text,
};
use crate::target::OpenTarget;
use crate::threads;
use pixelflume::device::{Device, DeviceKind, DeviceRequest, HostConfig};
use pixelflume::graph::text::Shown;
use pixelflume::memory::AllocatorMode;
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::Pipeline;
use pixelflume::scheduler::Schedule;
use std::io::{BufWriter, IntoInnerError, Write};
use std::path::Path;

/// Refuses outputs that cannot be written, whatever the inputs are: each number of channels that an input may have is
/// tried, and one that the pipeline takes and that `check` lets pass is enough to go on.
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

/// The device that was asked for, with as many threads.
pub(crate) fn open_device(arguments: &RunArguments, threads: usize) -> Result<Device, Failure> {
    let device = devices::find(&arguments.device)?;
    let workers = device.capabilities().multiprocessors as usize;
    if device.kind() == DeviceKind::Host && workers != threads {
        // Its threads have ended before others are started.
        drop(device);
        let config = HostConfig::default().with_threads(threads);
        return Ok(Device::host_with(config));
    }
    Ok(device)
}

/// Threads that decode, as many that encode, and as many of the host device: those that were asked for, or one per core, or
/// fewer where the process has no room for them.
pub(crate) fn threads(arguments: &RunArguments) -> usize {
    threads::fitting(match arguments.threads {
        Some(threads) => threads as usize,
        None => std::thread::available_parallelism().map_or(1, usize::from),
    })
}

/// Streams that the nodes are spread over.
pub(crate) fn streams(engines: &Engines) -> usize {
    let streams = engines.effective().streams.value;
    let schedule = Schedule::new(engines.pipeline().tasks(), streams);
    schedule.map_or(1, |schedule| schedule.streams_used())
}

/// Claims for a run that reads these images or videos; nothing is written so far.
pub(crate) fn claim_inputs<'a>(
    arguments: &'a RunArguments,
    inputs: impl IntoIterator<Item = &'a Path>,
) -> Claims {
    let pipeline = std::iter::once(arguments.pipeline.as_path());
    Claims::reading(inputs.into_iter().chain(pipeline))
}

/// Claims the places of report and trace, after those of the results.
///
/// # Errors
/// Something that is read, or another file of the run is there.
pub(crate) fn claim_reports(arguments: &RunArguments, claims: &mut Claims) -> Result<(), Failure> {
    for (option, path) in [("report", &arguments.report), ("trace", &arguments.trace)] {
        if let Some(path) = path {
            claims.write(&format!("the {option}"), option, path)?;
        }
    }
    Ok(())
}

/// What happened, as far as it depends on what the inputs were.
pub(crate) struct Events {
    /// Sums.
    pub(crate) totals: Totals,
    /// Values that were used.
    pub(crate) effective: Effective,
    /// What became of each input.
    pub(crate) inputs: Vec<InputReport>,
}

/// The whole report of a run.
pub(crate) fn make_report(arguments: &RunArguments, engines: &Engines, events: Events) -> Report {
    let pipeline = engines.pipeline();
    let Sums {
        engines: mut sums,
        replay,
    } = engines.sums();
    sums.set(engines.effective(), engines.rings());
    let index = match arguments.device {
        DeviceRequest::Cuda(index) => index,
        DeviceRequest::Auto | DeviceRequest::Host => 0,
    };
    Report {
        version: env!("CARGO_PKG_VERSION"),
        pipeline: PipelineReport {
            file: path_text(&arguments.pipeline),
            name: pipeline.name().to_owned(),
            inputs: pipeline.inputs().map(str::to_owned).collect(),
            outputs: pipeline.outputs().map(str::to_owned).collect(),
        },
        device: DeviceReport::new(engines.memory().device(), index),
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
            fusion: !arguments.no_fusion,
            trace: arguments.trace.as_deref().map(path_text),
            format: arguments.format.extension(),
            raw: arguments.raw.as_ref().map(|raw| raw.text.clone()),
            out_raw: arguments.out_raw.map(RawFormat::name),
        },
        effective: events.effective,
        totals: events.totals,
        engines: sums,
        replay: replay.into(),
        memory: engines.memory().statistics().into(),
        inputs: events.inputs,
    }
}

/// Prints the last line of a run to stdout; whether that went well.
pub(crate) fn tell_summary(text: &str) -> bool {
    let printed = console::print(text);
    if let Err(failure) = &printed {
        console::failure(failure);
    }
    printed.is_ok()
}

/// Writes the report, where one was asked for; whether that went well.
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
