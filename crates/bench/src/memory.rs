//! The section `memory`: one allocation with its free, through the pools and by the device itself.
#![expect(unsafe_code, reason = "frees by address")]

use crate::error::Measured;
use crate::spread::Spread;
use crate::table;
use pixelflume::device::{Device, Stream, StreamOrderedPool};
use pixelflume::memory::{AllocatorMode, MemoryConfig, MemoryManager};
use serde::Serialize;
use std::time::Instant;

const MIB: usize = 1 << 20;
/// Sizes of the allocations.
const SIZES: [usize; 3] = [MIB, 16 * MIB, 64 * MIB];
/// Samples of a figure, and those with `--quick`.
const SAMPLES: [usize; 2] = [31, 5];
/// Calls of a sample, and those of calls that take tens of microseconds.
const CALLS: [u32; 2] = [64, 8];

/// The time of one way to allocate.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    /// The way and the size.
    name: String,
    /// Nanoseconds of one allocation with its free, or of one call.
    ns: Spread,
}

/// Measures on one thread: a manager in both modes, the stream-ordered pool of the device, and the device itself; beside them
/// the record of an event and a snapshot of the statistics. The stream is empty when a sample begins. A device without memory
/// pools has no figures for stream-ordered memory.
pub(crate) fn measure(device: &Device, quick: bool) -> Measured<Vec<Figure>> {
    let samples = SAMPLES[usize::from(quick)];
    let stream = device.stream()?;
    let mut figures = Vec::new();
    let mut add = |name: String, ns: Spread| figures.push(Figure { name, ns });
    for bytes in SIZES {
        let size = format!("{} MiB", bytes / MIB);
        for mode in AllocatorMode::ALL {
            let memory = MemoryManager::new(device, MemoryConfig::default().with_mode(mode));
            if memory.effective_mode().mode == mode {
                let allocate = || {
                    memory.allocate(bytes, &stream)?;
                    Ok(())
                };
                let ns = per_call(&stream, samples, CALLS[0], allocate)?;
                add(format!("manager, {mode}, {size}"), ns);
            }
        }
        if device.capabilities().memory_pools {
            let pool = StreamOrderedPool::new(device, u64::MAX)?;
            let allocate = || {
                let address = pool.allocate(bytes, &stream)?;
                // SAFETY: the address was allocated just now with this size, and nothing ever uses it.
                unsafe { pool.free(address, bytes, &stream) }?;
                Ok(())
            };
            let ns = per_call(&stream, samples, CALLS[0], allocate)?;
            add(format!("bare, stream-ordered, {size}"), ns);
        }
        let allocate = || {
            let address = device.allocate_raw(bytes)?;
            // SAFETY: the address was allocated just now with this size, and nothing ever uses it.
            unsafe { device.free_raw(address, bytes) }?;
            Ok(())
        };
        let ns = per_call(&stream, samples, CALLS[1], allocate)?;
        add(format!("bare, synchronous, {size}"), ns);
    }
    let event = device.event()?;
    let record = || Ok(stream.record(&event)?);
    add(
        "event record".into(),
        per_call(&stream, samples, CALLS[0], record)?,
    );
    let memory = MemoryManager::new(device, MemoryConfig::default());
    let snapshot = || {
        std::hint::black_box(memory.statistics());
        Ok(())
    };
    add(
        "snapshot of the statistics".into(),
        per_call(&stream, samples, CALLS[0], snapshot)?,
    );
    Ok(figures)
}

/// Nanoseconds of one call, over samples of `count` calls each.
fn per_call(
    stream: &Stream,
    samples: usize,
    count: u32,
    mut call: impl FnMut() -> Measured<()>,
) -> Measured<Spread> {
    let mut times = Vec::with_capacity(samples);
    // The first sample warms up.
    for sample in 0..=samples {
        stream.synchronize()?;
        let start = Instant::now();
        for _ in 0..count {
            call()?;
        }
        let time = start.elapsed();
        if sample > 0 {
            times.push(time.as_secs_f64() * 1e9 / f64::from(count));
        }
    }
    Ok(Spread::new(times))
}

/// The table.
pub(crate) fn text(device: &Device, figures: &[Figure]) -> String {
    let mut rows = vec![["way", "ns", "p10", "p90"].map(str::to_owned)];
    for Figure { name, ns } in figures {
        let [median, p10, p90] = [ns.median, ns.p10, ns.p90].map(|ns| format!("{ns:.1}"));
        rows.push([name.clone(), median, p10, p90]);
    }
    format!(
        "one allocation with its free on {device}, on one thread; ns: median\n{}",
        table::rows(&rows)
    )
}
