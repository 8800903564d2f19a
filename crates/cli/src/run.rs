//! `pixelflume run`: checks everything that can be checked, then runs the pipeline over the images.

use crate::args::{ImageFormat, RunArguments};
use crate::batches::{self, BatchError, Frame, Outcome, Work};
use crate::console::{self, Progress};
use crate::failure::{Failure, full_text};
use crate::inputs::{self, Input};
use crate::inspect;
use crate::output::{Encoding, Sink};
use crate::report::{
    DeviceReport, Effective, InputReport, PipelineReport, Report, Settings, Totals, folder_of,
    path_text,
};
use crate::temporary::Temporary;
use pixelflume::device::{Device, DeviceKind, DeviceRequest, HostConfig, Severity};
use pixelflume::memory::MemoryError;
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::{Image, Pipeline, PipelineError, Runner, RunnerConfig};
use pixelflume::scheduler::SchedulerError;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

/// Runs a pipeline over images.
///
/// # Errors
/// Everything that is found before the first image is run. Failures of single images are told as they come and make the
/// exit status 1.
pub(crate) fn run(arguments: &RunArguments) -> Result<ExitCode, Failure> {
    let pipeline = inspect::load(&arguments.pipeline)?;
    let outputs: Vec<String> = pipeline.outputs().map(str::to_owned).collect();
    refuse_several_inputs(&pipeline)?;
    refuse_unwritable_outputs(&pipeline, arguments.format)?;
    let inputs = inputs::discover(&arguments.inputs)?;
    let sink = Sink::new(&arguments.out, &outputs, arguments.format)?;
    inputs::refuse_overwriting(&inputs, &sink.folders(), arguments.format.extension())?;
    let device = open_device(arguments)?;
    let mut runner = make_runner(arguments, pipeline, &device)?;
    // Nothing was written so far; from here on folders are made.
    sink.prepare()?;
    let report_file = prepare_report(arguments.report.as_deref())?;

    let progress = Progress::new(inputs.len(), arguments.quiet);
    let threads = threads(arguments);
    let work = Work {
        inputs: &inputs,
        sink: &sink,
        progress: &progress,
        batch: arguments.batch as usize,
        threads,
    };
    let begin = Instant::now();
    let outcomes = batches::process(&work, |images| run_batch(&mut runner, &outputs, images));
    let totals = Totals::new(&outcomes, begin.elapsed().as_secs_f64());
    progress.finish();

    let mut status = u8::from(totals.failed > 0);
    let report = make_report(arguments, &runner, totals, &inputs, &outcomes, &sink);
    if let (Some(temporary), Some(path)) = (report_file, &arguments.report)
        && let Err(reason) = write_report(temporary, path, &report)
    {
        console::error(&format!("cannot write report {}: {reason}", path.display()));
        status = 1;
    }
    if !arguments.quiet {
        console::print(&summary(&report.totals, &device));
    }
    Ok(ExitCode::from(status))
}

/// The command line gives one sequence of images.
fn refuse_several_inputs(pipeline: &Pipeline) -> Result<(), Failure> {
    let names: Vec<&str> = pipeline.inputs().collect();
    if names.len() == 1 {
        return Ok(());
    }
    Err(Failure::new(format!(
        "pipeline \"{}\" has {} inputs ({}), and the command line feeds one",
        pipeline.name(),
        names.len(),
        names.join(", ")
    ))
    .help("run it from a program with `Runner::run_inputs`"))
}

/// Refuses outputs that the format cannot hold, whatever the images are: each number of channels that a decoded image
/// may have is tried, and one that the pipeline takes and that can be written is enough to go on.
fn refuse_unwritable_outputs(pipeline: &Pipeline, format: ImageFormat) -> Result<(), Failure> {
    let possible: Vec<_> = [1, 3, 4]
        .into_iter()
        .filter_map(|channels| pipeline.infer(&[ImageShape::u8(1024, 1024, channels)]).ok())
        .collect();
    for &node in pipeline.output_nodes() {
        let encodings = possible
            .iter()
            .map(|shapes| Encoding::of(&shapes.nodes[node], format));
        let refused: Vec<String> = encodings.filter_map(Result::err).collect();
        if let Some(reason) = refused.first()
            && refused.len() == possible.len()
        {
            let name = pipeline.nodes()[node].name();
            return Err(Failure::new(format!("output {name}: {reason}")));
        }
    }
    Ok(())
}

fn open_device(arguments: &RunArguments) -> Result<Device, Failure> {
    let device = Device::open(&arguments.device).map_err(|error| {
        Failure::new(format!("no device {}: {}", arguments.device, full_text(&error)))
            .help("--device host computes the same pixels on the processor, --device auto takes a GPU where there is one")
            .help("`pixelflume devices` lists what there is")
    })?;
    match (device.kind(), arguments.threads) {
        (DeviceKind::Host, Some(threads)) => {
            let config = HostConfig::default().with_threads(threads as usize);
            Ok(Device::host_with(config))
        }
        _ => Ok(device),
    }
}

fn make_runner(
    arguments: &RunArguments,
    pipeline: Pipeline,
    device: &Device,
) -> Result<Runner, Failure> {
    let config = RunnerConfig::default()
        .with_streams(arguments.streams as usize)
        .with_max_batch(arguments.batch)
        .with_allocator(arguments.allocator)
        .with_memory_limit(arguments.memory_limit);
    Runner::new(pipeline, device, config).map_err(|error| {
        Failure::new(format!(
            "cannot set up the pipeline on {device}: {}",
            full_text(&error)
        ))
    })
}

/// Threads that decode, and as many that encode.
fn threads(arguments: &RunArguments) -> usize {
    match arguments.threads {
        Some(threads) => threads as usize,
        None => std::thread::available_parallelism().map_or(1, usize::from),
    }
}

/// Runs images of one shape, and sorts the results by image.
fn run_batch(
    runner: &mut Runner,
    outputs: &[String],
    images: &[&Image],
) -> Result<Vec<Frame>, BatchError> {
    let mut results = runner.run(images).map_err(|error| BatchError {
        text: full_text(&error),
        fatal: is_fatal(&error),
    })?;
    let mut frames: Vec<Frame> = images
        .iter()
        .map(|_| Vec::with_capacity(outputs.len()))
        .collect();
    for name in outputs {
        match results.take(name) {
            Some(Ok(images)) => {
                for (frame, image) in frames.iter_mut().zip(images) {
                    frame.push(Ok(image));
                }
            }
            // The names are those of the runner's own pipeline, so there is a result for each.
            None => {}
            Some(Err(failure)) => {
                let text = format!("output {name}: {}", full_text(&failure));
                for frame in &mut frames {
                    frame.push(Err(text.clone()));
                }
            }
        }
    }
    Ok(frames)
}

/// Whether later batches are bound to fail in the same way.
fn is_fatal(error: &PipelineError) -> bool {
    match error {
        PipelineError::Device(error)
        | PipelineError::Memory {
            source: MemoryError::Device(error),
            ..
        } => error.severity() == Severity::DeviceLost,
        PipelineError::Scheduler(error) => matches!(
            error,
            SchedulerError::DeviceLost { .. } | SchedulerError::Unordered { .. }
        ),
        _ => false,
    }
}

/// Opens the report under a temporary name, so that a path that cannot be written is refused before the run.
fn prepare_report(path: Option<&Path>) -> Result<Option<Temporary>, Failure> {
    let Some(path) = path else {
        return Ok(None);
    };
    let refused = |reason: String| {
        Failure::new(format!("cannot write report {}: {reason}", path.display()))
            .help("--report takes the path of a file in a folder that is there")
    };
    if path.is_dir() {
        return Err(refused("it is a folder".to_owned()));
    }
    let temporary =
        Temporary::create_in(&folder_of(path)).map_err(|error| refused(error.to_string()))?;
    Ok(Some(temporary))
}

fn make_report(
    arguments: &RunArguments,
    runner: &Runner,
    totals: Totals,
    inputs: &[Input],
    outcomes: &[Outcome],
    sink: &Sink,
) -> Report {
    let pipeline = runner.pipeline();
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
        device: DeviceReport::new(runner.device(), index),
        settings: Settings {
            out: path_text(&arguments.out),
            device: arguments.device.to_string(),
            batch: arguments.batch,
            streams: arguments.streams,
            threads: arguments.threads,
            allocator: arguments.allocator.name(),
            memory_limit: arguments.memory_limit,
            format: arguments.format.extension(),
        },
        effective: Effective {
            batch: arguments.batch,
            streams: runner.schedule().streams_used(),
            threads: threads(arguments),
        },
        totals,
        runner: runner.statistics().into(),
        memory: runner.memory().statistics().into(),
        inputs: InputReport::list(inputs, outcomes, sink),
    }
}

fn write_report(temporary: Temporary, path: &Path, report: &Report) -> Result<(), String> {
    let mut file = BufWriter::new(temporary.file());
    serde_json::to_writer_pretty(&mut file, report).map_err(|error| error.to_string())?;
    let written = file.write_all(b"\n").and_then(|()| file.flush());
    drop(file);
    written
        .and_then(|()| temporary.persist(path))
        .map_err(|error| error.to_string())
}

/// The last line of a run.
fn summary(totals: &Totals, device: &Device) -> String {
    let failed = match totals.failed {
        0 => String::new(),
        failed => format!(" ({failed} failed)"),
    };
    let images = if totals.images == 1 {
        "image"
    } else {
        "images"
    };
    format!(
        "{} {images}{failed}, {:.2} s, {:.1} images/s, {device}\n",
        totals.images, totals.seconds, totals.images_per_second
    )
}
