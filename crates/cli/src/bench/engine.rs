//! The section `engine`: frames per second of a streaming engine, from page-locked memory to page-locked memory.
//!
//! The first table has 1 to 6 batches in flight, beside the bandwidth of bare uploads before and after. The second one has
//! results that the consumer keeps, with split task rings and with a single ring.

use super::workload::{WORKLOADS, Workload};
use super::{Measured, copy, open, show_section};
use crate::args::bench::BenchArguments;
use crate::failure::{Failure, full_text};
use crate::table;
use crate::trace::TraceFile;
use pixelflume::device::{Device, DeviceKind};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::engine::{EngineConfig, Full, Shutdown};
use pixelflume::pipeline::{Engine, Pipeline, SubmitError};
use serde::Serialize;
use std::collections::VecDeque;
use std::error::Error;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

/// The workload whose pipeline is streamed.
const WORKLOAD: &str = "edge-small";
/// Frames of a batch.
const BATCH: u32 = 8;
/// Slots of the main ring in the runs that hold results.
const WINDOW: usize = 8;
/// The most results that are held.
const MOST_HELD: usize = 64;
/// Batches of a trace.
const TRACED: u64 = 40;

/// The amount of work that is streamed.
struct StreamSizes {
    pipeline: &'static str,
    shape: ImageShape,
    /// Batches before those that are timed.
    warm_up: u64,
    batches: u64,
    /// Batches of the runs that hold results.
    held_batches: u64,
    /// Uploads that the bandwidth of bare uploads is measured with.
    copies: usize,
}

impl StreamSizes {
    fn new(workload: &'static Workload, device: &Device, quick: bool) -> Self {
        let sizes = match device.kind() {
            DeviceKind::Host => StreamSizes {
                pipeline: workload.pipeline,
                shape: ImageShape::u8(640, 360, 3),
                warm_up: 10,
                batches: 100,
                held_batches: 60,
                copies: 20,
            },
            DeviceKind::Cuda => StreamSizes {
                pipeline: workload.pipeline,
                shape: workload.input,
                warm_up: 60,
                batches: 1000,
                held_batches: 400,
                copies: 200,
            },
        };
        match quick {
            true => StreamSizes {
                warm_up: sizes.warm_up / 5,
                batches: sizes.batches / 5,
                held_batches: sizes.held_batches / 5,
                ..sizes
            },
            false => sizes,
        }
    }

    fn batch_bytes(&self) -> usize {
        self.shape.bytes() * BATCH as usize
    }

    fn engine(&self, device: &Device, config: EngineConfig) -> Measured<Engine> {
        let pipeline = Pipeline::from_toml(self.pipeline, WORKLOAD)?;
        Ok(Engine::new(pipeline, device, &[self.shape], config)?)
    }
}

#[derive(Debug, Serialize)]
struct EngineResults {
    /// Shape of the frames.
    input: String,
    batch: u32,
    batches: u64,
    held_batches: u64,
    in_flight: Vec<InFlight>,
    held: Vec<HeldResults>,
}

/// The throughput with some batches in flight.
#[derive(Debug, Serialize)]
struct InFlight {
    batches: usize,
    frames_per_s: f64,
    /// GB/s of the uploads that this takes.
    upload_gb_per_s: f64,
    /// That, as a share of the faster bare uploads.
    share_of_copy: f64,
    copy_before_gb_per_s: f64,
    copy_after_gb_per_s: f64,
}

/// The throughput while the consumer holds the newest results.
#[derive(Debug, Serialize)]
struct HeldResults {
    results: usize,
    /// With one ring that keeps a batch until its result is dropped.
    single_ring: Throughput,
    /// With the rings of the engine.
    split_rings: Throughput,
}

/// Frames per second, or the ring that was full when nothing moved any more.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Throughput {
    FramesPerS(f64),
    Full(String),
}

/// Measures, prints, and writes the results and a trace where they are asked for.
pub(super) fn run(arguments: &BenchArguments) -> Result<ExitCode, Failure> {
    let failed = |error: Box<dyn Error>| Failure::new(full_text(&*error));
    let workload = WORKLOADS.iter().find(|of| of.name == WORKLOAD);
    let workload = workload.ok_or_else(|| Failure::new(format!("no workload {WORKLOAD}")))?;
    let device = open(&arguments.device)?;
    let sizes = StreamSizes::new(workload, &device, arguments.quick);
    let file = TraceFile::prepare(arguments.trace.as_deref())?;
    let results = measure(&device, &sizes).map_err(failed)?;
    if arguments.trace.is_some() {
        traced(&device, &sizes, &file).map_err(failed)?;
    }
    let text = results.text(&device);
    let shown = show_section(arguments, &device, results, &text)?;
    Ok(match file.finish() {
        true => shown,
        false => ExitCode::from(1),
    })
}

fn config(in_flight: usize) -> EngineConfig {
    EngineConfig::new().in_flight(in_flight).max_batch(BATCH)
}

fn measure(device: &Device, sizes: &StreamSizes) -> Measured<EngineResults> {
    let in_flight = [1, 2, 3, 4, 6].map(|batches| throughput(device, sizes, batches));
    let held = [0, 2, 4, 5, 6, 7, 8, 16, 32, MOST_HELD].map(|results| held(device, sizes, results));
    Ok(EngineResults {
        input: sizes.shape.to_string(),
        batch: BATCH,
        batches: sizes.batches,
        held_batches: sizes.held_batches,
        in_flight: in_flight.into_iter().collect::<Measured<_>>()?,
        held: held.into_iter().collect::<Measured<_>>()?,
    })
}

fn throughput(device: &Device, sizes: &StreamSizes, batches: usize) -> Measured<InFlight> {
    let uploads = || copy::uploads(device, sizes.batch_bytes(), sizes.copies);
    let before = uploads()?;
    let engine = sizes.engine(device, config(batches))?;
    let frames = match stream(&engine, sizes, sizes.batches, 0)? {
        Throughput::FramesPerS(frames) => frames,
        Throughput::Full(ring) => return Err(format!("{ring} is full").into()),
    };
    let after = uploads()?;
    let rate = frames * sizes.shape.bytes() as f64 / 1e9;
    Ok(InFlight {
        batches,
        frames_per_s: frames,
        upload_gb_per_s: rate,
        share_of_copy: rate / before.max(after),
        copy_before_gb_per_s: before,
        copy_after_gb_per_s: after,
    })
}

/// Both rings have the same size and the same memory for results.
fn held(device: &Device, sizes: &StreamSizes, results: usize) -> Measured<HeldResults> {
    let streamed = |one_lifetime| {
        let config = config(3)
            .task_window(WINDOW)
            .output_buffers(MOST_HELD + WINDOW)
            .stall_timeout(Duration::from_millis(500))
            .one_lifetime(one_lifetime);
        stream(
            &sizes.engine(device, config)?,
            sizes,
            sizes.held_batches,
            results,
        )
    };
    Ok(HeldResults {
        results,
        single_ring: streamed(true)?,
        split_rings: streamed(false)?,
    })
}

/// Streams batches from one producer to a consumer that holds the newest `hold` results.
fn stream(engine: &Engine, sizes: &StreamSizes, batches: u64, hold: usize) -> Measured<Throughput> {
    let warm_up = sizes.warm_up.max(hold as u64 + 1);
    let streamed = thread::scope(|scope| -> Measured<Result<f64, Full>> {
        let producer = scope.spawn(|| {
            let done = produce(engine, warm_up, batches);
            engine.close();
            done
        });
        let mut start = Instant::now();
        let mut held = VecDeque::new();
        for (batch, result) in (0..).zip(engine.results()) {
            held.push_back(result?);
            if held.len() > hold {
                held.pop_front();
            }
            if batch == warm_up - 1 {
                start = Instant::now();
            }
        }
        let seconds = start.elapsed().as_secs_f64();
        match producer.join().map_err(|_| "the producer panicked")? {
            Ok(()) => Ok(Ok(seconds)),
            Err(SubmitError::Stalled { full, .. }) => Ok(Err(full)),
            Err(error) => Err(error.into()),
        }
    })?;
    engine.shutdown(Shutdown::Drain);
    let frames = (batches * u64::from(BATCH)) as f64;
    Ok(match streamed {
        Ok(seconds) => Throughput::FramesPerS(frames / seconds),
        Err(full) => Throughput::Full(full.resource.to_string()),
    })
}

/// Submits batches. The frames of the first ones are written; those after them find frames in their memory.
fn produce(engine: &Engine, warm_up: u64, batches: u64) -> Result<(), SubmitError> {
    for batch in 0..warm_up + batches {
        let mut writer = engine.begin_batch()?;
        for frame in 0..BATCH as usize {
            let bytes = writer.frame_mut(0, frame);
            let bytes = bytes.expect("the batch has room, and its memory is at rest");
            if batch < warm_up {
                bytes.fill((batch * 31 + frame as u64) as u8);
            }
        }
        writer.submit()?;
    }
    Ok(())
}

/// Streams some batches through an engine that records into `file`.
fn traced(device: &Device, sizes: &StreamSizes, file: &TraceFile) -> Measured<()> {
    let engine = sizes.engine(device, config(3))?;
    file.attach(&engine);
    stream(&engine, sizes, TRACED, 0)?;
    Ok(())
}

impl Throughput {
    fn text(&self) -> String {
        match self {
            Throughput::FramesPerS(frames) => format!("{frames:.0}"),
            Throughput::Full(ring) => format!("0 ({ring} is full)"),
        }
    }
}

impl EngineResults {
    fn text(&self, device: &Device) -> String {
        let header = [
            "in flight",
            "frames/s",
            "GB/s up",
            "% of copy",
            "copy before",
            "after",
        ];
        let mut rows = vec![header.map(str::to_owned)];
        rows.extend(self.in_flight.iter().map(|of| {
            [
                of.batches.to_string(),
                format!("{:.0}", of.frames_per_s),
                format!("{:.2}", of.upload_gb_per_s),
                format!("{:.1}", of.share_of_copy * 100.0),
                format!("{:.2}", of.copy_before_gb_per_s),
                format!("{:.2}", of.copy_after_gb_per_s),
            ]
        }));
        let mut held =
            vec![["held", "single ring, frames/s", "split rings, frames/s"].map(str::to_owned)];
        held.extend(self.held.iter().map(|of| {
            [
                of.results.to_string(),
                of.single_ring.text(),
                of.split_rings.text(),
            ]
        }));
        format!(
            "resize {} to 320x240, gray, blur 5, sobel on {device}: {} batches of {}, one producer whose frames are in place \
             already, one consumer\n{}\n\
             results held by the consumer: 3 in flight, a main ring of {WINDOW}, memory for {} results, {} batches\n{}",
            self.input,
            self.batches,
            self.batch,
            table::rows(&rows),
            MOST_HELD + WINDOW,
            self.held_batches,
            table::rows(&held),
        )
    }
}
