//! `pixelflume run`: checks all arguments, then runs the pipeline over images or videos.

use crate::advice;
use crate::args::{ImageFormat, RunArguments};
use crate::console::{self, Progress};
use crate::engines::Engines;
use crate::failure::Failure;
use crate::feed::Feed;
use crate::images::{self, Ledger, Outcome};
use crate::inspect;
use crate::report::{
    Effective, InputReport, OtherInput, OutputReport, ShapeReport, Totals, path_text, status_of,
};
use crate::session::{self, RunResults};
use crate::target;
use crate::trace::TraceFile;
use crate::video;
use crate::video::source::is_standard;
use pixelflume::device::{Device, DeviceKind};
use pixelflume::files::discover::{DiscoverOptions, FileSet, NamedPaths, discover};
use pixelflume::files::output::ResultWriter;
use pixelflume::pipeline::Pipeline;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

/// The most images of a batch on GPUs, unless it is set.
const BATCH_ON_GPUS: u32 = 32;

/// Runs a pipeline over images or videos.
///
/// # Errors
/// An error that is found before the first image is processed, or before the first byte of a video is read. Failures of single
/// images and of streams are printed when they occur, and make the exit status 1.
pub(crate) fn run(arguments: &RunArguments) -> Result<ExitCode, Failure> {
    let pipeline = inspect::load(&arguments.pipeline, arguments.no_fusion)?;
    match Feed::new(arguments, &pipeline)? {
        Feed::Videos(sources) => video::run::run(arguments, pipeline, &sources),
        Feed::Images(paths) => run_images(arguments, pipeline, &paths),
    }
}

fn run_images(
    arguments: &RunArguments,
    pipeline: Pipeline,
    paths: &[NamedPaths],
) -> Result<ExitCode, Failure> {
    refuse_video_arguments(arguments)?;
    refuse_jpeg_arguments(arguments)?;
    let outputs: Vec<String> = pipeline.outputs().map(str::to_owned).collect();
    session::refuse_unwritable_outputs(&pipeline, &[1, 3, 4], |shape| {
        let format = arguments.format.result().of(shape);
        format.map(drop).map_err(|error| advice::format(&error))
    })?;
    let found = discover(paths, &DiscoverOptions::default());
    let found = found.map_err(|error| advice::inputs(&error))?;
    for folder in &found.empty_folders {
        console::warning(&format!("no images in folder {}", folder.display()));
    }
    let inputs = found.sets;
    let format = arguments.format.result();
    let sink = ResultWriter::new(&arguments.out, &outputs, format, arguments.jpeg());
    let mut sink = sink.map_err(|error| advice::outputs(&error))?;
    let files = inputs.iter().flat_map(|input| &input.paths);
    let mut claims = session::claim_inputs(arguments, files.map(PathBuf::as_path));
    sink.claim(&mut claims, &inputs)
        .map_err(|error| advice::claim(&error, Some("out")))?;
    session::claim_reports(arguments, &mut claims)?;
    sink.keep(claims);
    let threads = session::threads(arguments);
    let limits = arguments.limits(threads);
    let devices = session::open_devices(arguments, threads)?;
    let pipeline = arguments.with_decode_options(&pipeline);
    let threads = threads.min(inputs.len()).min(limits.opened());
    // GPUs decode the files of a batch together, and need many to be busy. Bytes bound the batch where images are large.
    let has_gpu = devices
        .iter()
        .any(|device| device.kind() == DeviceKind::Cuda);
    let batch = has_gpu.then_some(BATCH_ON_GPUS);
    let mut engines = Engines::new(arguments, &limits, pipeline, &devices, batch)?;
    // Nothing was written so far; from here on folders are made.
    sink.prepare().map_err(|error| advice::outputs(&error))?;
    let report_file = target::prepare_file("report", arguments.report.as_deref())?;
    engines.set_trace(TraceFile::prepare(arguments.trace.as_deref())?);

    let progress = Progress::new(inputs.len(), arguments.quiet);
    let ledger = Ledger::new(&engines, inputs, sink, progress, limits);
    let ledger = Arc::new(ledger);
    let begin = Instant::now();
    let outcomes = images::process(&engines, &ledger, threads)?;
    let totals = totals(&outcomes, begin.elapsed().as_secs_f64());
    ledger.progress.finish();

    let failed = totals.failed > 0;
    let results = RunResults {
        totals,
        effective: Effective {
            batch: engines.effective().max_batch.value,
            streams: session::streams(&engines),
            threads,
        },
        inputs: input_reports(engines.pipeline(), &ledger, &outcomes),
    };
    let shapes = outcomes.iter().map(|outcome| outcome.shapes.as_slice());
    let mut shapes = shapes.filter(|shapes| !shapes.is_empty());
    let not_mixed = shapes.find_map(|shapes| engines.not_mixed(shapes));
    let mut report = session::make_report(arguments, &engines, results);
    report.engines.not_mixed = not_mixed.as_deref().map(str::to_owned);
    let reported = session::finish_report(arguments, report_file, &report) & engines.finish_trace();
    let told = arguments.quiet || session::tell_summary(&summary(&report.totals, &devices));
    Ok(ExitCode::from(u8::from(failed || !reported || !told)))
}

/// The sums over the outcomes of all inputs.
fn totals(outcomes: &[Outcome], seconds: f64) -> Totals {
    let failed = outcomes.iter().filter(|of| of.error.is_some()).count();
    let files = outcomes.iter().map(|of| of.written.len()).sum();
    Totals::of(outcomes.len(), failed, files, seconds)
}

/// One report for each input, in their order.
fn input_reports(pipeline: &Pipeline, ledger: &Ledger, outcomes: &[Outcome]) -> Vec<InputReport> {
    let report = |(input, outcome): (&FileSet, &Outcome)| {
        let paths: Vec<String> = input.paths.iter().map(|path| path_text(path)).collect();
        let outputs = outcome.written.iter().map(|written| OutputReport {
            name: ledger.writer.name(written.output).to_owned(),
            path: path_text(&written.path),
            shape: written.shape.into(),
        });
        InputReport {
            status: status_of(outcome.error.as_ref()),
            error: outcome.error.clone(),
            shape: outcome.shapes.first().copied().map(ShapeReport::from),
            frames: None,
            lost: None,
            with: OtherInput::list(pipeline, &paths, &outcome.shapes),
            path: path_text(&input.paths[0]),
            outputs: outputs.collect(),
        }
    };
    ledger.inputs.iter().zip(outcomes).map(report).collect()
}

/// Arguments that mean something for videos alone.
fn refuse_video_arguments(arguments: &RunArguments) -> Result<(), Failure> {
    if is_standard(&arguments.out) {
        return Err(
            Failure::new("--out - writes a video, and the inputs are images")
                .help("give a folder to --out"),
        );
    }
    if arguments.out_raw.is_some() {
        return Err(
            Failure::new("--out-raw is for videos, and the inputs are images")
                .help("--format sets the file format of images"),
        );
    }
    let given = [
        (arguments.matrix.is_some(), "--matrix"),
        (arguments.range.is_some(), "--range"),
    ];
    if let Some((_, name)) = given.into_iter().find(|(given, _)| *given) {
        return Err(
            Failure::new(format!("{name} is for videos, and the inputs are images"))
                .help("the operators nv12_to_rgb and yuv_to_rgb have it as a parameter"),
        );
    }
    Ok(())
}

/// Arguments that mean something for JPEG results alone.
fn refuse_jpeg_arguments(arguments: &RunArguments) -> Result<(), Failure> {
    let given = [
        (arguments.quality.is_some(), "--quality"),
        (arguments.subsampling.is_some(), "--subsampling"),
    ];
    match given.into_iter().find(|(given, _)| *given) {
        Some((_, name)) if arguments.format != ImageFormat::Jpg => Err(Failure::new(format!(
            "{name} is for JPEG results, and the results are {}",
            arguments.format.extension()
        ))
        .help("give --format jpg as well")),
        _ => Ok(()),
    }
}

/// The last line of a run.
fn summary(totals: &Totals, devices: &[Device]) -> String {
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
        "{} {images}{failed}, {:.2} s, {:.1} images/s, {}\n",
        totals.images,
        totals.seconds,
        totals.images_per_second,
        session::named(devices)
    )
}
