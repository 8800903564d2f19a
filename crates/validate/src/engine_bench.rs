//! Frames per second of the streaming engine from page-locked memory to page-locked memory, beside the bandwidth of bare
//! copies of the same size, measured before and after in the same run; and what results that the user holds cost, with the
//! rings of the engine and with a single one.

use anyhow::{Context as _, anyhow};
use pixelflume::device::DeviceKind;
use pixelflume::memory::{MemoryConfig, MemoryManager};
use pixelflume::pipeline::Engine;
use pixelflume::pipeline::engine::{EngineConfig, Full, Shutdown};
use pixelflume::prelude::*;
use std::collections::VecDeque;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

const BATCH: u32 = 8;
/// Slots of the main ring in the runs that hold results.
const WINDOW: usize = 8;
/// Results that are held at the most.
const MOST_HELD: usize = 64;

/// What is streamed, by the kind of device.
struct Workload {
    shape: ImageShape,
    warm_up: u64,
    batches: u64,
    /// Of the runs that hold results.
    short: u64,
    copies: usize,
}

impl Workload {
    fn of(device: &Device) -> Self {
        match device.kind() {
            DeviceKind::Host => Workload {
                shape: ImageShape::u8(640, 360, 3),
                warm_up: 10,
                batches: 100,
                short: 60,
                copies: 20,
            },
            DeviceKind::Cuda => Workload {
                shape: ImageShape::u8(1920, 1080, 3),
                warm_up: 60,
                batches: 1000,
                short: 400,
                copies: 200,
            },
        }
    }
}

/// The benches; the last batches of an engine go into a trace where there is a file for it.
pub(crate) fn run(device: &Device, trace: Option<&Path>) -> anyhow::Result<()> {
    let workload = Workload::of(device);
    throughput(device, &workload)?;
    held(device, &workload)?;
    if let Some(path) = trace {
        self::trace::write(device, &workload, path)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn throughput(device: &Device, workload: &Workload) -> anyhow::Result<()> {
    println!(
        "resize {} to 320x240, gray, blur 5, sobel on {device}: batches of {BATCH}, {} of them, one producer that writes its \
         frames in place (they are there already), one consumer",
        workload.shape, workload.batches
    );
    println!("in flight   frames/s     GB/s up   of bare copies   bare GB/s before, after");
    for in_flight in [1, 2, 3, 4, 6] {
        let before = copies(device, workload)?;
        let engine = engine(device, workload, config(in_flight))?;
        let frames =
            stream(&engine, workload, workload.batches, 0)?.map_err(|full| anyhow!(full))?;
        let after = copies(device, workload)?;
        let rate = frames * workload.shape.bytes() as f64 / 1e9;
        let share = 100.0 * rate / before.max(after);
        println!(
            "{in_flight:>9}  {frames:>9.0}  {rate:>10.2}   {share:>12.1} %   {before:>9.2}, {after:.2}"
        );
    }
    Ok(())
}

/// Frames per second while the consumer holds the newest results: with split rings, and with one lifetime for all that a
/// batch has. Both have the same main ring and the same memory for results.
fn held(device: &Device, workload: &Workload) -> anyhow::Result<()> {
    let sizes = |one_lifetime| {
        config(3)
            .task_window(WINDOW)
            .output_buffers(MOST_HELD + WINDOW)
            .stall_timeout(Duration::from_millis(500))
            .one_lifetime(one_lifetime)
    };
    println!(
        "\nresults held by the consumer: 3 in flight, a main ring of {WINDOW}, memory for {} results, {} batches",
        MOST_HELD + WINDOW,
        workload.short
    );
    println!("   held   single ring, frames/s   split rings, frames/s");
    for hold in [0, 2, 4, 5, 6, 7, 8, 16, 32, MOST_HELD] {
        let mut cells = Vec::new();
        for one_lifetime in [true, false] {
            let engine = engine(device, workload, sizes(one_lifetime))?;
            cells.push(match stream(&engine, workload, workload.short, hold)? {
                Ok(frames) => format!("{frames:.0}"),
                Err(full) => format!("0 ({} is full)", full.resource),
            });
        }
        println!("{hold:>7}   {:>21}   {:>21}", cells[0], cells[1]);
    }
    Ok(())
}

fn config(in_flight: usize) -> EngineConfig {
    EngineConfig::new().in_flight(in_flight).max_batch(BATCH)
}

/// GB/s of uploads of a batch, one behind the other on one stream.
fn copies(device: &Device, workload: &Workload) -> anyhow::Result<f64> {
    let bytes = workload.shape.bytes() * BATCH as usize;
    let memory = MemoryManager::new(device, MemoryConfig::default());
    let stream = device.stream()?;
    let mut target = memory.allocate(bytes, &stream)?;
    let mut sources = [
        memory.pinned(bytes)?,
        memory.pinned(bytes)?,
        memory.pinned(bytes)?,
    ];
    let rounds = workload.copies;
    let mut start = Instant::now();
    for round in 0..rounds + 20 {
        if round == 20 {
            stream.synchronize()?;
            start = Instant::now();
        }
        let source = &mut sources[round % 3];
        target.upload(0, source, 0..bytes, &stream)?;
    }
    stream.synchronize()?;
    Ok((bytes * rounds) as f64 / start.elapsed().as_secs_f64() / 1e9)
}

fn engine(device: &Device, workload: &Workload, config: EngineConfig) -> anyhow::Result<Engine> {
    let mut builder = PipelineBuilder::new("edges");
    let input = builder.input("input")?;
    let resized = builder.then(input, "small", Resize::new(320, 240)?)?;
    let gray = builder.then(resized, "gray", Color::new(ColorConversion::RgbToGray))?;
    let smooth = builder.then(gray, "smooth", GaussianBlur::new(5)?)?;
    builder.then(smooth, "edges", Sobel::magnitude())?;
    Ok(Engine::new(
        builder.build()?,
        device,
        &[workload.shape],
        config,
    )?)
}

/// Frames per second of so many batches, with one producer, and a consumer that holds the newest results; or what was full
/// when nothing moved any more.
fn stream(
    engine: &Engine,
    workload: &Workload,
    batches: u64,
    hold: usize,
) -> anyhow::Result<Result<f64, Full>> {
    let warm_up = workload.warm_up.max(hold as u64 + 1);
    let seconds = thread::scope(|scope| -> anyhow::Result<_> {
        let producer = scope.spawn(|| {
            let submit = || -> Result<(), SubmitError> {
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
            };
            let done = submit();
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
        match producer
            .join()
            .map_err(|_| anyhow!("the producer panicked"))?
        {
            Ok(()) => Ok(Ok(seconds)),
            Err(SubmitError::Stalled { full, .. }) => Ok(Err(full)),
            Err(error) => Err(error.into()),
        }
    })?;
    engine.shutdown(Shutdown::Drain);
    Ok(seconds.map(|seconds| (batches * u64::from(BATCH)) as f64 / seconds))
}

mod trace {
    use super::*;
    use pixelflume::scheduler::Trace;
    use std::fs::File;

    pub(super) fn write(device: &Device, workload: &Workload, path: &Path) -> anyhow::Result<()> {
        let engine = engine(device, workload, config(3))?;
        let trace = Trace::new();
        engine.set_trace(Some(trace.clone()));
        let frames = stream(&engine, workload, 40, 0)?.map_err(|full| anyhow!(full))?;
        trace.write_chrome(File::create(path)?)?;
        println!(
            "\n{}: {} events, at {frames:.0} frames/s with the trace attached",
            path.display(),
            trace.len()
        );
        Ok(())
    }
}
