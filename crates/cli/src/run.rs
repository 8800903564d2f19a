//! `pixelflume run`: checks everything that can be checked, then runs the pipeline over images or videos.

use crate::args::RunArguments;
use crate::batches::{self, Processed, Work};
use crate::console::Progress;
use crate::engines::Engines;
use crate::failure::Failure;
use crate::feed::Feed;
use crate::inputs::{self, Paths};
use crate::inspect;
use crate::output::{Encoding, Sink};
use crate::report::{Effective, InputReport, Totals};
use crate::session::{self, Events};
use crate::trace::TraceFile;
use crate::video;
use crate::video::source::is_standard;
use pixelflume::device::Device;
use pixelflume::pipeline::Pipeline;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

/// Runs a pipeline over images or videos.
///
/// # Errors
/// Everything that is found before the first image is run, and before the first byte of a video is read. Failures of
/// single images, and of streams, are told as they come and make the exit status 1.
pub(crate) fn run(arguments: &RunArguments) -> Result<ExitCode, Failure> {
    let pipeline = inspect::load(&arguments.pipeline)?.with_fusion(!arguments.no_fusion);
    match Feed::new(arguments, &pipeline)? {
        Feed::Videos(sources) => video::run::run(arguments, pipeline, &sources),
        Feed::Images(paths) => run_images(arguments, pipeline, &paths),
    }
}

fn run_images(
    arguments: &RunArguments,
    pipeline: Pipeline,
    paths: &[Paths],
) -> Result<ExitCode, Failure> {
    refuse_video_arguments(arguments)?;
    let outputs: Vec<String> = pipeline.outputs().map(str::to_owned).collect();
    session::refuse_unwritable_outputs(&pipeline, &[1, 3, 4], |shape| {
        Encoding::of(shape, arguments.format).map(drop)
    })?;
    let inputs = inputs::discover(paths)?;
    let mut sink = Sink::new(&arguments.out, &outputs, arguments.format)?;
    let files = inputs.iter().flat_map(|input| &input.paths);
    let mut claims = session::claim_inputs(arguments, files.map(PathBuf::as_path));
    sink.claim(&mut claims, &inputs)?;
    session::claim_reports(arguments, &mut claims)?;
    sink.keep(claims);
    let threads = session::threads(arguments);
    let limits = arguments.limits(threads);
    let device = session::open_device(arguments, threads)?;
    let mut engines = Engines::new(arguments, &limits, pipeline, &device)?;
    // Nothing was written so far; from here on folders are made.
    sink.prepare()?;
    let report_file = session::prepare_file("report", arguments.report.as_deref())?;
    engines.set_trace(TraceFile::prepare(arguments.trace.as_deref())?);

    let progress = Progress::new(inputs.len(), arguments.quiet);
    let work = Work {
        engines: &engines,
        inputs: &inputs,
        sink: &sink,
        progress: &progress,
        batch: engines.effective().max_batch.value as usize,
        threads,
        limits,
    };
    let begin = Instant::now();
    let Processed { outcomes, threads } = batches::process(&work);
    let totals = Totals::new(&outcomes, begin.elapsed().as_secs_f64());
    progress.finish();

    let failed = totals.failed > 0;
    let events = Events {
        totals,
        effective: Effective {
            batch: engines.effective().max_batch.value,
            streams: session::streams(&engines),
            threads,
        },
        inputs: InputReport::list(engines.pipeline(), &inputs, &outcomes, &sink),
    };
    let report = session::make_report(arguments, &engines, events);
    let reported = session::finish_report(arguments, report_file, &report) & engines.finish_trace();
    let told = arguments.quiet || session::tell_summary(&summary(&report.totals, &device));
    Ok(ExitCode::from(u8::from(failed || !reported || !told)))
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
    Ok(())
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
