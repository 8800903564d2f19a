//! The check `engine`: streaming engines on a device against a runner on the host, with random batches of several producers,
//! held results, failures and cancellation, some of them for images of any sizes. Every frame is compared, and every batch is counted.

use crate::check::Context;
use crate::mismatch::equal;
use anyhow::{Context as _, anyhow, bail, ensure};
use pixelflume::memory::{AllocatorMode, MemoryConfig, MemoryManager, MemoryStatistics};
use pixelflume::ops::testing::Random;
use pixelflume::pipeline::engine::{BatchId, EngineConfig, FailureCause, Shutdown};
use pixelflume::pipeline::{BatchFailure, Engine, OutputLease};
use pixelflume::prelude::*;
use std::collections::{HashMap, HashSet, VecDeque};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Frames that the batches of an engine are made of.
const FRAMES: usize = 24;
const PRODUCERS: u64 = 3;

pub(crate) fn run(context: &Context) -> anyhow::Result<String> {
    let seconds = if context.quick { 2 } else { 20 };
    soak(&context.cuda, &context.pipelines, context.seed, seconds)
}

/// Runs for `--soak`, on either kind of device.
pub(crate) fn run_for(
    device: &Device,
    pipelines: &Path,
    seed: u64,
    seconds: u64,
) -> anyhow::Result<()> {
    println!(
        "soak on {device}: {}",
        soak(device, pipelines, seed, seconds)?
    );
    Ok(())
}

#[derive(Default)]
struct Counts {
    engines: u64,
    /// Engines for images of any sizes.
    mixed: u64,
    frames: u64,
    batches: u64,
    failed: u64,
    cancelled: u64,
    abandoned: u64,
}

fn soak(device: &Device, pipelines: &Path, seed: u64, seconds: u64) -> anyhow::Result<String> {
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut counts = Counts::default();
    while counts.engines < 2 || Instant::now() < end {
        let seed = seed.wrapping_mul(1_000_003).wrapping_add(counts.engines);
        one_engine(device, pipelines, seed, &mut counts)
            .with_context(|| format!("engine {} of the soak, seed {seed}", counts.engines))?;
        counts.engines += 1;
    }
    let Counts {
        engines,
        mixed,
        frames,
        batches,
        failed,
        cancelled,
        abandoned,
    } = counts;
    ensure!(frames > 0 && failed > 0, "nothing was compared or failed");
    Ok(format!(
        "{engines} engines ({mixed} for images of any sizes), {batches} batches, {frames} frames equal, {failed} batches failed as expected, {cancelled} \
         cancelled, {abandoned} abandoned, none lost, memory did not grow"
    ))
}

/// The expected result of a submitted batch.
enum Told {
    /// The indices of its frames.
    Frames(Vec<usize>),
    /// The batch fails.
    Failure,
}

type Ledger = Mutex<HashMap<BatchId, Told>>;

fn one_engine(
    device: &Device,
    pipelines: &Path,
    seed: u64,
    counts: &mut Counts,
) -> anyhow::Result<()> {
    let mut random = Random::new(seed);
    let file = random.pick(&["edges.toml", "fork_join.toml"]);
    let pipeline = Pipeline::from_file(pipelines.join(file))?;
    // The other pipeline does not begin with a resize, and takes images of one size.
    let any_sizes = file == "edges.toml" && random.within(0, 1) == 0;
    let size =
        |random: &mut Random| ImageShape::u8(random.within(20, 600), random.within(20, 400), 3);
    let shape = size(&mut random);
    let frames = (0..FRAMES)
        .map(|_| {
            let shape = if any_sizes { size(&mut random) } else { shape };
            Image::new(shape, random.bytes(shape.bytes()))
        })
        .collect::<Result<Vec<_>, _>>()?;
    let all: Vec<&Image> = frames.iter().collect();
    let expected = Runner::new(
        pipeline.clone(),
        &Device::host(),
        ExecutionConfig::default(),
    )?
    .run(&all)?;

    let mode = random.pick(&AllocatorMode::ALL);
    let memory = MemoryManager::new(device, MemoryConfig::default().with_mode(mode));
    let in_flight = random.within(1, 4) as usize;
    let config = EngineConfig::new()
        .in_flight(in_flight)
        .output_buffers(in_flight + random.within(0, 6) as usize)
        .max_batch(random.within(1, 8))
        .streams(random.within(1, 4) as usize)
        .execution(random.pick(&[ExecutionMode::Replay, ExecutionMode::Direct]));
    let engine = match any_sizes {
        // Room for the largest batch of the largest images.
        true => {
            Engine::mixed_with_memory(pipeline, &memory, &[shape], config.mixed_bytes(6 << 20))?
        }
        false => Engine::with_memory(pipeline, &memory, &[shape], config)?,
    };
    let before = pools(memory.statistics());

    let ledger = Ledger::default();
    let stop = AtomicBool::new(false);
    let cancel = random.within(0, 1) == 0;
    let time = Duration::from_millis(u64::from(random.within(100, 900)));
    counts.mixed += u64::from(any_sizes);
    let (taken, report) = thread::scope(|scope| -> anyhow::Result<_> {
        let producers: Vec<_> = (0..PRODUCERS)
            .map(|producer| {
                let random = Random::new(seed ^ (producer + 1) << 32);
                let (engine, ledger, stop, frames) = (&engine, &ledger, &stop, &frames);
                scope.spawn(move || {
                    let done = produce(engine, random, ledger, stop, frames);
                    // A producer that fails closes the engine, so that the consumer does not wait for batches that never come.
                    done.inspect_err(|_| engine.close())
                })
            })
            .collect();
        let consumer = scope.spawn(|| {
            let taken = consume(&engine, Random::new(!seed), &ledger, &expected);
            taken.inspect_err(|_| engine.close())
        });
        thread::sleep(time);
        let mut report = None;
        if cancel {
            report = Some(engine.shutdown(Shutdown::Cancel));
        }
        stop.store(true, Ordering::Relaxed);
        for producer in producers {
            producer
                .join()
                .map_err(|_| anyhow!("a producer panicked"))??;
        }
        let report = report.unwrap_or_else(|| engine.shutdown(Shutdown::Drain));
        let taken = consumer
            .join()
            .map_err(|_| anyhow!("the consumer panicked"))??;
        Ok((taken, report))
    })?;

    // Every batch number is taken or canceled exactly once.
    let statistics = engine.statistics();
    let mut seen: HashSet<BatchId> = report.cancelled.iter().copied().collect();
    ensure!(
        seen.len() == report.cancelled.len(),
        "a batch was cancelled twice"
    );
    for batch in taken.batches {
        ensure!(seen.insert(batch), "batch {batch} came twice");
    }
    let submitted = ledger
        .into_inner()
        .map_err(|_| anyhow!("a thread panicked"))?;
    ensure!(
        seen.len() == submitted.len() && submitted.keys().all(|batch| seen.contains(batch)),
        "{} batches were submitted, {} came or were cancelled",
        submitted.len(),
        seen.len()
    );
    ensure!(
        statistics.submitted == submitted.len() as u64,
        "the engine counts {} batches",
        statistics.submitted
    );
    let after = pools(memory.statistics());
    ensure!(
        before == after,
        "the engine allocated while it ran: {before:?}, then {after:?}"
    );
    drop(engine);
    let leaks = memory.shutdown()?;
    ensure!(leaks.is_empty(), "memory was not given back: {leaks:?}");
    counts.batches += statistics.submitted;
    counts.frames += taken.frames;
    counts.failed += taken.failed;
    counts.cancelled += report.cancelled.len() as u64;
    counts.abandoned += statistics.abandoned;
    Ok(())
}

/// Driver calls and bytes in use of both pools.
fn pools(statistics: MemoryStatistics) -> [(u64, usize); 2] {
    [statistics.device, statistics.pinned].map(|pool| (pool.driver_calls, pool.in_use))
}

fn produce(
    engine: &Engine,
    mut random: Random,
    ledger: &Ledger,
    stop: &AtomicBool,
    frames: &[Image],
) -> anyhow::Result<()> {
    let wrong = Image::from_fn(3, 3, 1, |_, _, _| 0)?;
    while !stop.load(Ordering::Relaxed) {
        let mut writer = match engine.begin_batch() {
            Err(SubmitError::Closed) => return Ok(()),
            writer => writer?,
        };
        let count = random.within(1, writer.capacity() as u32) as usize;
        let chosen: Vec<usize> = (0..count)
            .map(|_| random.next() as usize % FRAMES)
            .collect();
        for &frame in &chosen {
            writer.push(&frames[frame])?;
        }
        let what = random.within(0, 19);
        if what == 0 {
            drop(writer);
            continue;
        }
        // Submits under the lock, so that the consumer cannot take a batch before it is recorded.
        let mut ledger = ledger.lock().map_err(|_| anyhow!("a thread panicked"))?;
        let submitted = match what {
            1 => match writer.write(0, 0, &wrong) {
                Ok(()) => bail!("a frame of another shape was taken"),
                Err(error) => writer.fail(error),
            },
            _ => writer.submit(),
        };
        match submitted {
            Ok(batch) if what == 1 => drop(ledger.insert(batch, Told::Failure)),
            Ok(batch) => drop(ledger.insert(batch, Told::Frames(chosen))),
            Err(SubmitError::Closed) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[derive(Default)]
struct Taken {
    batches: Vec<BatchId>,
    frames: u64,
    failed: u64,
}

/// Takes results, holds some of them for a while, and compares each one when it drops it.
fn consume(
    engine: &Engine,
    mut random: Random,
    ledger: &Ledger,
    expected: &BatchOutputs,
) -> anyhow::Result<Taken> {
    let mut taken = Taken::default();
    let mut held = VecDeque::new();
    let most = engine.ring_statistics().config.export_slots.value - 1;
    for result in engine.results() {
        let batch = match &result {
            Ok(lease) => lease.batch(),
            Err(BatchFailure { batch, .. }) => *batch,
        };
        if let Some(last) = taken.batches.last() {
            ensure!(*last < batch, "batch {batch} came after {last}");
        }
        taken.batches.push(batch);
        match result {
            Ok(lease) => held.push_back(lease),
            Err(failure) => {
                let told = ledger.lock().map_err(|_| anyhow!("a thread panicked"))?;
                let expected = matches!(told.get(&batch), Some(Told::Failure))
                    && matches!(failure.cause, FailureCause::Producer(_));
                ensure!(expected, "{failure}");
                taken.failed += 1;
            }
        }
        let keep = random.within(0, most as u32) as usize;
        while held.len() > keep {
            let at = random.next() as usize % held.len();
            if let Some(lease) = held.remove(at) {
                taken.frames += compare(lease, ledger, expected)?;
            }
        }
    }
    for lease in held {
        taken.frames += compare(lease, ledger, expected)?;
    }
    Ok(taken)
}

fn compare(lease: OutputLease, ledger: &Ledger, expected: &BatchOutputs) -> anyhow::Result<u64> {
    let batch = lease.batch();
    let chosen = match ledger
        .lock()
        .map_err(|_| anyhow!("a thread panicked"))?
        .get(&batch)
    {
        Some(Told::Frames(chosen)) => chosen.clone(),
        _ => bail!("batch {batch} should have failed"),
    };
    ensure!(
        lease.frames() == chosen.len(),
        "batch {batch} has {} frames",
        lease.frames()
    );
    for output in lease.outputs() {
        let images = expected.images(output.name())?;
        for (index, &frame) in chosen.iter().enumerate() {
            let what = format!("batch {batch}, output {}, frame {index}", output.name());
            let got = output.frame(index).context("a frame is missing")?;
            equal(&what, images[frame].data(), got)?;
        }
    }
    Ok(chosen.len() as u64)
}
