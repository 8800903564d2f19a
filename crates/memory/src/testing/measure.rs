//! What an allocation costs, by each of the ways to make one.
#![expect(unsafe_code, reason = "frees by address")]

use crate::config::{AllocatorMode, MemoryConfig};
use crate::manager::MemoryManager;
use pixelflume_device::{Device, DeviceError, Stream, StreamOrderedPool};
use std::time::Instant;

const MIB: usize = 1 << 20;
/// Sizes that are measured.
const SIZES: [usize; 3] = [MIB, 16 * MIB, 64 * MIB];
/// Samples per figure; the median is taken.
const SAMPLES: usize = 31;

/// Median times of one allocation with its free, in nanoseconds, on one thread, each with a name that tells the way and
/// the size: through a manager in both modes, through the device's stream-ordered pool, and by the device itself. Beside
/// them the recording of an event and a snapshot of the statistics. Streams are empty when a sample begins.
///
/// # Errors
/// The device has no memory, or is lost. A device without memory pools has no figures for stream-ordered memory.
pub fn measure_allocators(device: &Device) -> Result<Vec<(String, f64)>, DeviceError> {
    let stream = device.stream()?;
    let mut figures = Vec::new();
    let mut add = |name: String, ns: f64| figures.push((name, ns));
    for bytes in SIZES {
        let size = format!("{} MiB", bytes / MIB);
        for mode in AllocatorMode::ALL {
            let memory = MemoryManager::new(device, MemoryConfig::default().with_mode(mode));
            if memory.effective_mode().mode == mode {
                let ns = median(&stream, 64, || {
                    memory
                        .allocate(bytes, &stream)
                        .map(drop)
                        .map_err(device_error)
                })?;
                add(format!("manager, {mode}, {size}"), ns);
            }
        }
        if device.capabilities().memory_pools {
            let pool = StreamOrderedPool::new(device, u64::MAX)?;
            let ns = median(&stream, 64, || {
                let address = pool.allocate(bytes, &stream)?;
                // SAFETY: it was allocated just now with this size, and nothing ever uses it.
                unsafe { pool.free(address, bytes, &stream) }
            })?;
            add(format!("bare, stream-ordered, {size}"), ns);
        }
        let ns = median(&stream, 8, || {
            let address = device.allocate_raw(bytes)?;
            // SAFETY: as above.
            unsafe { device.free_raw(address, bytes) }
        })?;
        add(format!("bare, synchronous, {size}"), ns);
    }
    let event = device.event()?;
    add(
        "event record".into(),
        median(&stream, 64, || stream.record(&event))?,
    );
    let memory = MemoryManager::new(device, MemoryConfig::default());
    let ns = median(&stream, 64, || {
        std::hint::black_box(memory.statistics());
        Ok(())
    })?;
    add("snapshot of the statistics".into(), ns);
    Ok(figures)
}

fn device_error(error: crate::error::MemoryError) -> DeviceError {
    match error {
        crate::error::MemoryError::Device(error) => error,
        other => DeviceError::Task(pixelflume_device::TaskFailure::new(other)),
    }
}

/// The median over samples of `count` calls each, per call; the stream is empty at the start of each.
fn median(
    stream: &Stream,
    count: u32,
    mut call: impl FnMut() -> Result<(), DeviceError>,
) -> Result<f64, DeviceError> {
    let mut samples = Vec::with_capacity(SAMPLES);
    // The first sample warms up.
    for sample in 0..=SAMPLES {
        stream.synchronize()?;
        let start = Instant::now();
        for _ in 0..count {
            call()?;
        }
        let time = start.elapsed();
        if sample > 0 {
            samples.push(time.as_secs_f64() * 1e9 / f64::from(count));
        }
    }
    samples.sort_by(f64::total_cmp);
    Ok(samples[SAMPLES / 2])
}
