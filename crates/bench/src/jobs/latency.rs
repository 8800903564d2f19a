//! The time of single images through an engine and through a job.

use super::{Effort, heading, rows};
use crate::error::Measured;
use crate::spread::Latency;
use crate::{jpeg, photographs};
use pixelflume::codec::Subsampling;
use pixelflume::device::{Device, Helpers};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::engine::EngineConfig;
use pixelflume::pipeline::{Engine, Image};
use pixelflume::runtime::{Batch, Batching, Bytes, Content, Item, Job};
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// Images of a batch of the load of an engine, and the most of a batch of a job.
const LOAD_BATCH: u32 = 8;
/// Images of the load that are on their way through a job at a time.
const LOAD: usize = 4 * LOAD_BATCH as usize;
/// Images before the first that is timed.
const WARM_UP: usize = 10;
/// The least and the most that are timed.
const IMAGES: (usize, usize) = (10, 20_000);
/// The names of items.
const TIMED: &str = "timed";
const OTHER: &str = "other";

/// The times of single images.
#[derive(Debug, Serialize)]
pub(super) struct SingleImage {
    /// `engine` or `job`.
    through: &'static str,
    input: &'static str,
    /// How long a batch of the job waits for further images, in milliseconds; null for an engine.
    age_ms: Option<u64>,
    us: Latency,
    /// Other images per second meanwhile; null where there were none.
    load_per_s: Option<f64>,
}

/// Measures images of about 500x375 on a device.
pub(super) fn measure(
    device: &Device,
    threads: &Helpers,
    effort: &Effort,
) -> Measured<Vec<SingleImage>> {
    let shapes = [ImageShape::u8(500, 375, 3)];
    let frame = photographs::images(threads, &shapes)?.swap_remove(0);
    let frame = Arc::new(frame);
    let file = photographs::files(threads, &shapes, Subsampling::S420)?.swap_remove(0);
    let file = Bytes::from(file);
    let mut rows = Vec::new();
    for is_loaded in [false, true] {
        rows.push(of_engine(device, &frame, is_loaded, effort)?);
        for age in [0, 1, 5] {
            let content = || Content::Shared(Arc::clone(&frame));
            rows.push(of_job(device, "frame", &content, age, is_loaded, effort)?);
        }
        for age in [0, 5] {
            let content = || Content::Bytes(file.clone());
            rows.push(of_job(device, "JPEG", &content, age, is_loaded, effort)?);
        }
    }
    Ok(rows)
}

/// Times calls of `one`, one after the other, for as long as the effort says. `begin` is called before the first that is timed.
fn timed(
    effort: &Effort,
    mut begin: impl FnMut(),
    mut one: impl FnMut() -> Measured<()>,
) -> Measured<Latency> {
    for _ in 0..WARM_UP {
        one()?;
    }
    begin();
    let (start, mut us) = (Instant::now(), Vec::new());
    let (least, most) = IMAGES;
    while us.len() < least || us.len() < most && start.elapsed() < effort.latency {
        let call = Instant::now();
        one()?;
        us.push(call.elapsed().as_secs_f64() * 1e6);
    }
    Ok(Latency::new(us))
}

/// The images of the load, since the timed ones began.
#[derive(Default)]
struct Load {
    images: AtomicU64,
    is_over: AtomicBool,
}

impl Load {
    fn add(&self, images: usize) {
        self.images.fetch_add(images as u64, Ordering::Relaxed);
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
    }

    /// Runs `timed` and gives the images per second meanwhile.
    fn rate(&self, start: Instant) -> f64 {
        self.images.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64()
    }

    fn restart(&self) {
        self.images.store(0, Ordering::Relaxed);
    }
}

/// From the call that submits an image to its result, which a thread takes out of the engine.
fn of_engine(
    device: &Device,
    frame: &Image,
    is_loaded: bool,
    effort: &Effort,
) -> Measured<SingleImage> {
    let config = EngineConfig::new().max_batch(LOAD_BATCH);
    let engine = Engine::new(jpeg::pipeline()?, device, &[frame.shape()], config)?;
    let load = Load::default();
    let (us, rate) = thread::scope(|scope| -> Measured<(Latency, f64)> {
        let (done, results) = mpsc::channel();
        scope.spawn(|| take_from_engine(&engine, &load, done));
        if is_loaded {
            scope.spawn(|| {
                let frames = [frame; LOAD_BATCH as usize];
                while !load.is_over() && engine.submit(&frames).is_ok() {}
            });
        }
        let mut begun = Instant::now();
        let begin = || {
            load.restart();
            begun = Instant::now();
        };
        let measured = timed(effort, begin, || {
            engine.submit(&[frame])?;
            results.recv()?;
            Ok(())
        });
        let rate = load.rate(begun);
        load.end();
        engine.close();
        Ok((measured?, rate))
    })?;
    Ok(SingleImage {
        through: "engine",
        input: "frame",
        age_ms: None,
        us,
        load_per_s: is_loaded.then_some(rate),
    })
}

/// Takes all results; tells of those of single images.
fn take_from_engine(engine: &Engine, load: &Load, done: Sender<()>) {
    for result in engine.results() {
        // Who waits for a result that failed learns of it when the other end is dropped.
        let Ok(lease) = result else { return };
        match lease.frames() {
            1 => drop(done.send(())),
            frames => load.add(frames),
        }
    }
}

/// From giving an image to the source of a job to its result.
fn of_job(
    device: &Device,
    input: &'static str,
    content: &(dyn Fn() -> Content + Sync),
    age: u64,
    is_loaded: bool,
    effort: &Effort,
) -> Measured<SingleImage> {
    let (items, source) = mpsc::channel::<Item>();
    let batching = Batching::count(LOAD_BATCH).within(Duration::from_millis(age));
    let job = Job::builder(&jpeg::pipeline()?, device)
        .batching(batching)
        .start_stream(source.into_iter())?;
    let load = Load::default();
    let (us, rate) = thread::scope(|scope| -> Measured<(Latency, f64)> {
        let (done, results) = mpsc::channel();
        let others = items.clone();
        let (job, load) = (&job, &load);
        scope.spawn(move || {
            // A closed loop: for each result of the load another image comes.
            let again = || drop(others.send(Item::new(OTHER, content())));
            if is_loaded {
                (0..LOAD).for_each(|_| again());
            }
            for batch in job {
                let Ok(batch) = batch else { return };
                if !batch.failures().is_empty() {
                    return;
                }
                take_from_job(&batch, load, &done, &again);
            }
        });
        let mut begun = Instant::now();
        let begin = || {
            load.restart();
            begun = Instant::now();
        };
        let measured = timed(effort, begin, || {
            items.send(Item::new(TIMED, content()))?;
            results.recv()?;
            Ok(())
        });
        let rate = load.rate(begun);
        load.end();
        // The thread above waits for the next batch.
        job.cancel();
        Ok((measured?, rate))
    })?;
    Ok(SingleImage {
        through: "job",
        input,
        age_ms: Some(age),
        us,
        load_per_s: is_loaded.then_some(rate),
    })
}

fn take_from_job(batch: &Batch, load: &Load, done: &Sender<()>, again: &dyn Fn()) {
    for item in batch.items() {
        match &*item.name {
            TIMED => drop(done.send(())),
            _ => {
                load.add(1);
                again();
            }
        }
    }
}

/// The table.
pub(super) fn table(times: &[SingleImage]) -> String {
    let mut table = heading([
        "single images",
        "input",
        "batch waits ms",
        "p50 us",
        "p90 us",
        "p99 us",
        "images",
        "load images/s",
    ]);
    table.extend(times.iter().map(|row| {
        let us = |us: f64| format!("{us:.0}");
        [
            row.through.to_owned(),
            row.input.to_owned(),
            row.age_ms
                .map_or_else(|| "-".to_owned(), |age| age.to_string()),
            us(row.us.p50),
            us(row.us.p90),
            us(row.us.p99),
            row.us.samples.to_string(),
            row.load_per_s
                .map_or_else(|| "none".to_owned(), |rate| format!("{rate:.0}")),
        ]
    }));
    rows(&table)
}
