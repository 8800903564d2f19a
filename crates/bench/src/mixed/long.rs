//! The section `mixed-long`: many batches of images whose sizes were never seen before, one behind the other. Neither the time of a
//! batch nor the memory may grow.

use super::resident::submit;
use super::{IMAGES, SETS, Sizes, Tables, Work, runner};
use crate::error::Measured;
use crate::spread::Spread;
use crate::table;
use pixelflume::device::Device;
use pixelflume::memory::{DeviceBuffer, MemoryManager};
use pixelflume::scheduler::ExecutionMode;
use pixelflume_heap_counter::{live, peak};
use serde::Serialize;
use std::time::Instant;

/// Batches, and those with `--quick`.
const BATCHES: [usize; 2] = [10_000, 100];
/// Parts of the batches, whose times are compared.
const PARTS: usize = 10;

/// The results of the section.
#[derive(Debug, Serialize)]
pub(crate) struct Long {
    images: usize,
    /// Microseconds of the first batch, which makes plan and memory.
    first_us: f64,
    parts: Vec<Part>,
    /// The paths that replayed runs took.
    paths: String,
}

/// A tenth of the batches, and the bytes that were held behind its last one.
#[derive(Debug, Serialize)]
struct Part {
    us: Spread,
    /// Of the process, beyond what it had before the first batch.
    heap_bytes: i64,
    device_bytes: usize,
    pinned_bytes: usize,
}

impl Part {
    fn new(times: Vec<f64>, memory: &MemoryManager) -> Self {
        let heap_bytes = live();
        let statistics = memory.statistics();
        Part {
            us: Spread::new(times),
            heap_bytes,
            device_bytes: statistics.device.reserved,
            pinned_bytes: statistics.pinned.reserved,
        }
    }
}

/// Measures replayed batches from the list of images in device memory to the end of the run.
pub(crate) fn measure(device: &Device, quick: bool) -> Measured<Long> {
    let (_, measured) = peak(|| batches(device, BATCHES[usize::from(quick)]));
    measured
}

fn batches(device: &Device, batches: usize) -> Measured<Long> {
    let work = Work::Resize;
    let mut runner = runner(work, device, ExecutionMode::Replay, Tables::InPlace)?;
    let memory = runner.memory().clone();
    let on = device.stream()?;
    let buffers = (0..SETS * IMAGES)
        .map(|_| Ok(memory.allocate(work.largest().bytes(), &on)?))
        .collect::<Measured<Vec<DeviceBuffer>>>()?;
    let mut sizes = Sizes(4, work.sides());
    let mut batch = |number: usize| {
        let set = &buffers[number % SETS * IMAGES..][..IMAGES];
        let start = Instant::now();
        submit(&mut runner, set, &mut sizes, &on)?;
        on.synchronize()?;
        Measured::Ok(start.elapsed().as_secs_f64() * 1e6)
    };
    let first_us = batch(0)?;
    let mut parts = Vec::with_capacity(PARTS);
    for part in 0..PARTS {
        let mut times = Vec::with_capacity(batches / PARTS);
        for number in 0..batches / PARTS {
            times.push(batch(1 + part * (batches / PARTS) + number)?);
        }
        parts.push(Part::new(times, &memory));
    }
    Ok(Long {
        images: IMAGES,
        first_us,
        parts,
        paths: runner.replay_statistics().to_string(),
    })
}

/// The table.
pub(crate) fn text(device: &Device, long: &Long) -> String {
    let head = [
        "batches",
        "us",
        "p10",
        "p90",
        "heap KiB",
        "device KiB",
        "page-locked KiB",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    let mut first = 1;
    for part in &long.parts {
        let last = first + part.us.samples - 1;
        let [median, p10, p90] =
            [part.us.median, part.us.p10, part.us.p90].map(|us| format!("{us:.1}"));
        let [heap, device, pinned] = [
            part.heap_bytes,
            part.device_bytes as i64,
            part.pinned_bytes as i64,
        ]
        .map(|bytes| (bytes / 1024).to_string());
        let batches = format!("{first} to {last}");
        rows.push([batches, median, p10, p90, heap, device, pinned]);
        first = last + 1;
    }
    format!(
        "{} images of 300 to 600 pixels a side, of new sizes each time, to 224x224 normalized planar f32 on {device}, replayed, batch by \
         batch; us: median from the list of images in device memory to the end of the run, of a tenth of the batches; KiB behind the last of \
         them, heap: beyond the start. The first batch, which makes plan and memory: {:.0} us\n{}replay: {}\n",
        long.images,
        long.first_us,
        table::rows(&rows),
        long.paths
    )
}
