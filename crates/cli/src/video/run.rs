//! A run over videos: it opens inputs and outputs, streams, and reports.

use super::flow::{self, Ended, VideoOutput, io_failure};
use super::lost::LostFrames;
use super::shapes::{Frame, Shapes};
use super::source::{Bytes, VideoSource};
use super::target::VideoTarget;
use crate::advice;
use crate::args::RunArguments;
use crate::console;
use crate::engines::Engines;
use crate::failure::{Failure, full_text};
use crate::report::{
    Effective, InputReport, OtherInput, OutputReport, ShapeReport, Totals, status_of,
};
use crate::session::{self, RunResults};
use crate::target;
use crate::trace::TraceFile;
use pixelflume::device::Device;
use pixelflume::files::target::OpenTarget;
use pixelflume::files::video::{Container, FrameReader, FrameWriter, Timing, WriteError};
use pixelflume::graph::text::Shown;
use pixelflume::ops::ImageShape;
use pixelflume::ops::yuv::YuvCoding;
use pixelflume::pipeline::Pipeline;
use pixelflume::runtime::{Batching, Frames};
use std::fs;
use std::process::ExitCode;
use std::time::Instant;

/// Batches between reading and writing for which a job has memory: what is read, decoded, and on its way through the engine.
const BATCHES: u64 = 8;

/// The least memory of a job.
const LEAST_FLIGHT: u64 = 512 << 10;

/// Runs a pipeline over one video for each of its inputs.
///
/// # Errors
/// An error that is found before the first byte is read. Errors within a stream are printed, and make the exit status 1.
pub(crate) fn run(
    arguments: &RunArguments,
    pipeline: Pipeline,
    sources: &[VideoSource],
) -> Result<ExitCode, Failure> {
    let container = arguments
        .out_raw
        .map_or(Container::Y4m, |frames| Container::Raw(frames.0));
    let names: Vec<String> = pipeline.outputs().map(str::to_owned).collect();
    refuse_unwritable(arguments, &pipeline, container)?;
    let targets = VideoTarget::list(&arguments.out, &names, container)?;
    claim(arguments, sources, &targets)?;
    let threads = session::threads(arguments);
    let limits = arguments.limits(threads);
    let threads = threads.min(limits.opened());
    let devices = session::open_devices(arguments, threads)?;
    let mut engines = Engines::new(arguments, &limits, pipeline, &devices, None)?;
    let bytes = sources.iter().map(VideoSource::open);
    let bytes: Vec<Bytes> = bytes.collect::<Result<_, _>>()?;
    // Nothing is written before this line; from here on folders are created.
    let opened = open_targets(arguments, &targets)?;
    let report_file = target::prepare_file("report", arguments.report.as_deref())?;
    engines.set_trace(TraceFile::prepare(arguments.trace.as_deref())?);

    let begin = Instant::now();
    let run = open_readers(arguments, sources, bytes).and_then(|readers| {
        let shapes = Shapes::infer(engines.pipeline(), &readers)?;
        shapes.check(&limits, &readers)?;
        let timing = readers[0].stream().timing;
        let name = readers[0].name().to_owned();
        let frame = Frame::of(&readers);
        let batch = u64::from(engines.max_frames(&shapes.inputs));
        let bytes = frame.bytes() + (engines.result_bytes())(&shapes.inputs) as u64;
        let batches = BATCHES * devices.len() as u64;
        let flight = batches.saturating_mul(batch).saturating_mul(bytes);
        let most = (limits.image_bytes() / 2).max(LEAST_FLIGHT);
        let job = engines
            .job(Batching::default().equal_shapes())
            .workers(threads)
            .host_memory(flight.clamp(LEAST_FLIGHT, most))
            .item_memory(frame.bytes())
            .start_stream(Frames::of_sets(readers))
            .map_err(|error| full_text(&error))?;
        let opened = opened.into_iter().zip(&targets);
        let coding = arguments.coding();
        let outputs = open_writers(opened, container, &names, &shapes, &timing, coding)?;
        let ended = flow::process(job, outputs, &name, console::error);
        Ok((finish(ended), shapes))
    });
    let (done, shapes) = run.unwrap_or_else(|error| {
        let done = Done {
            errors: vec![error],
            ..Done::default()
        };
        (done, Shapes::default())
    });
    for error in &done.errors {
        console::error(error);
    }

    let seconds = begin.elapsed().as_secs_f64();
    let not_written = (done.read - done.written) as usize;
    let files = if done.kept { targets.len() } else { 0 };
    let results = RunResults {
        totals: Totals::of(done.read as usize, not_written, files, seconds),
        effective: Effective {
            batch: engines.largest_batch(),
            streams: session::streams(&engines),
            threads,
        },
        inputs: vec![input_report(
            engines.pipeline(),
            sources,
            &targets,
            &names,
            &done,
            &shapes,
        )],
    };
    let report = session::make_report(arguments, &engines, results);
    let reported = session::finish_report(arguments, report_file, &report) & engines.finish_trace();
    let mut told = true;
    if !arguments.quiet {
        let text = summary(&report.totals, &devices);
        // Stdout carries nothing but the video.
        if targets.contains(&VideoTarget::Stdout) {
            console::note(&text);
        } else {
            told = session::tell_summary(&text);
        }
    }
    let failed = done.error().is_some() || !reported || !told;
    Ok(ExitCode::from(u8::from(failed)))
}

/// Refuses outputs that cannot be videos, whatever the inputs are.
fn refuse_unwritable(
    arguments: &RunArguments,
    pipeline: &Pipeline,
    container: Container,
) -> Result<(), Failure> {
    let channels = match &arguments.raw {
        Some(raw) => vec![raw.stream.format.channels()],
        None => vec![3, 1],
    };
    session::refuse_unwritable_outputs(pipeline, &channels, |shape| {
        let format = container.pixels(shape);
        format.map(drop).map_err(|error| advice::shape(&error))
    })
}

/// Claims the files of the outputs; refuses files that the run reads, and two outputs in one file.
fn claim(
    arguments: &RunArguments,
    sources: &[VideoSource],
    targets: &[VideoTarget],
) -> Result<(), Failure> {
    let mut claims = session::claim_inputs(arguments, []);
    for source in sources {
        let claimed = claims.read_video(source.path());
        claimed.map_err(|error| advice::claim(&error, None))?;
    }
    for target in targets {
        let claimed = match target.path() {
            Some(path) => claims.write("the video", path),
            None => claims.write_stdout(),
        };
        claimed.map_err(|error| advice::claim(&error, Some("out")))?;
    }
    session::claim_reports(arguments, &mut claims)
}

fn open_targets(
    arguments: &RunArguments,
    targets: &[VideoTarget],
) -> Result<Vec<OpenTarget>, Failure> {
    let out = &arguments.out;
    let in_folder = targets
        .iter()
        .filter_map(VideoTarget::path)
        .any(|path| path != out);
    if in_folder {
        fs::create_dir_all(out).map_err(|error| {
            Failure::new(format!("cannot make folder {}: {error}", out.display()))
                .help("choose another folder for --out")
        })?;
    }
    targets.iter().map(VideoTarget::open).collect()
}

/// Opens the videos and reads their headers.
fn open_readers(
    arguments: &RunArguments,
    sources: &[VideoSource],
    bytes: Vec<Bytes>,
) -> Result<Vec<FrameReader<Bytes>>, String> {
    let raw = arguments.raw.as_ref().map(|raw| raw.stream);
    let mut readers = Vec::with_capacity(sources.len());
    for (source, bytes) in sources.iter().zip(bytes) {
        let reader = source
            .frames(bytes, raw, arguments.max_pixels)
            .map_err(|error| advice::stream(&error))?;
        let reader = reader.with_coding(arguments.coding());
        if reader.is_full_range() && arguments.range.is_none() && !arguments.quiet {
            console::warning(&format!(
                "{}: the stream says that its samples have the full range (XCOLORRANGE=FULL); they are read as \
                 limited range. Give --range full, for the output too, or --range limited where the stream is wrong",
                reader.name()
            ));
        }
        if reader.stream().has_interlaced_chroma() && !arguments.quiet {
            console::warning(&format!(
                "{}: the stream says that its frames are interlaced; their 4:2:0 chroma is read as that of progressive frames. \
                 For exact colors: ffmpeg -i ... -vf yadif -pix_fmt yuv420p -f yuv4mpegpipe -",
                reader.name()
            ));
        }
        readers.push(reader);
    }
    Ok(readers)
}

/// Writes the headers of the outputs.
fn open_writers<'a>(
    opened: impl Iterator<Item = (OpenTarget, &'a VideoTarget)>,
    container: Container,
    names: &[String],
    shapes: &Shapes,
    timing: &Timing,
    coding: YuvCoding,
) -> Result<Vec<VideoOutput<OpenTarget>>, String> {
    let outputs = opened.zip(names).zip(&shapes.outputs);
    let open = |(((open, target), output), &shape): (
        ((OpenTarget, &VideoTarget), &String),
        &ImageShape,
    )| {
        let name = target.name();
        let writer = FrameWriter::with_coding(open, container, shape, timing, coding);
        let writer = writer.map_err(|error| match error {
            WriteError::Io(error) => io_failure(&name, 0, &error),
            WriteError::Shape(error) => {
                format!("output {}: {}", Shown(output), advice::shape(&error))
            }
            error => format!("output {}: {error}", Shown(output)),
        })?;
        Ok(VideoOutput { name, writer })
    };
    outputs.map(open).collect()
}

/// The results of a run over videos.
#[derive(Debug, Default)]
struct Done {
    read: u64,
    written: u64,
    lost: LostFrames,
    errors: Vec<String>,
    /// Whether the outputs have their final names, with everything that was written.
    kept: bool,
}

impl Done {
    /// The error, if not everything was written.
    fn error(&self) -> Option<String> {
        let all: Vec<String> = self.lost.summary().into_iter().collect();
        let all = [all, self.errors.clone()].concat();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

/// Gives the files their final names. The outputs of a stream that broke off are kept with the frames before it; outputs that
/// could not be written are not.
fn finish(ended: Ended<OpenTarget>) -> Done {
    let mut done = Done {
        read: ended.read,
        written: ended.written,
        lost: ended.lost,
        errors: ended.error.into_iter().collect(),
        kept: ended.outputs.is_some(),
    };
    for VideoOutput { name, writer } in ended.outputs.into_iter().flatten() {
        if let Err(error) = writer.finish().and_then(OpenTarget::keep) {
            done.errors.push(io_failure(&name, done.written, &error));
            done.kept = false;
        }
    }
    done
}

fn input_report(
    pipeline: &Pipeline,
    sources: &[VideoSource],
    targets: &[VideoTarget],
    names: &[String],
    done: &Done,
    shapes: &Shapes,
) -> InputReport {
    let paths: Vec<String> = sources.iter().map(VideoSource::name).collect();
    let error = done.error();
    let outputs = targets.iter().zip(names).zip(&shapes.outputs);
    let outputs = outputs.map(|((target, name), &shape)| OutputReport {
        name: name.clone(),
        path: target.name(),
        shape: shape.into(),
    });
    InputReport {
        status: status_of(error.as_ref()),
        error,
        shape: shapes.inputs.first().copied().map(ShapeReport::from),
        frames: Some(done.read),
        lost: done.lost.report(),
        with: OtherInput::list(pipeline, &paths, &shapes.inputs),
        outputs: outputs.filter(|_| done.kept).collect(),
        path: paths.into_iter().next().unwrap_or_default(),
    }
}

/// The last line that a run prints.
fn summary(totals: &Totals, devices: &[Device]) -> String {
    let failed = match totals.failed {
        0 => String::new(),
        failed => format!(" ({failed} not written)"),
    };
    let frames = if totals.images == 1 {
        "frame"
    } else {
        "frames"
    };
    format!(
        "{} {frames}{failed}, {:.2} s, {:.1} frames/s, {}\n",
        totals.images,
        totals.seconds,
        totals.images_per_second,
        session::named(devices)
    )
}
