//! The copy bandwidth of the same process, which the workloads are compared with.

use crate::cpu;
use crate::error::Measured;
use crate::spread::Spread;
use pixelflume::device::{Device, DeviceKind};
use pixelflume::memory::{MemoryConfig, MemoryManager};
use std::hint::black_box;
use std::thread;
use std::time::Instant;

/// Bytes of one copy on a GPU.
const BYTES: usize = 256 << 20;
/// Least bytes of one copy on the host.
const LEAST_ON_HOST: usize = 64 << 20;
/// Source buffers used in turn, and as many target buffers.
const PAIRS: usize = 4;
/// Copies between two events.
const COPIES: usize = 8;

/// GB/s of copies within device memory, bytes read and bytes written together; on the host of `memcpy` by as many threads as
/// the host device has.
pub(crate) fn bandwidth(device: &Device, runs: usize) -> Measured<f64> {
    let (bytes, us) = match device.kind() {
        DeviceKind::Cuda => (BYTES, on_gpu(device, runs)?),
        DeviceKind::Host => {
            // Source and target together are four times the largest cache, so that neither stays in it.
            let bytes = LEAST_ON_HOST.max(2 * cpu::last_level_cache().unwrap_or(0));
            let threads = device.capabilities().multiprocessors as usize;
            (bytes, on_host(threads, bytes, runs)?)
        }
    };
    Ok(2.0 * bytes as f64 / us / 1e3)
}

/// Microseconds of one copy of [`BYTES`].
fn on_gpu(device: &Device, runs: usize) -> Measured<f64> {
    let memory = MemoryManager::new(device, MemoryConfig::default());
    let stream = device.stream()?;
    let allocate = || (0..PAIRS).map(|_| memory.allocate(BYTES, &stream));
    let sources = allocate().collect::<Result<Vec<_>, _>>()?;
    let mut targets = allocate().collect::<Result<Vec<_>, _>>()?;
    let mut copies = || {
        (0..COPIES).try_for_each(|copy| {
            let pair = copy % PAIRS;
            targets[pair].copy_from(0, &sources[pair], 0..BYTES, &stream)
        })
    };
    let events = (0..=runs)
        .map(|_| device.timing_event())
        .collect::<Result<Vec<_>, _>>()?;
    for _ in 0..20 {
        copies()?;
    }
    stream.record_time(&events[0])?;
    for event in &events[1..] {
        copies()?;
        stream.record_time(event)?;
    }
    stream.synchronize()?;
    let mut times = Vec::new();
    for pair in events.windows(2) {
        let seconds = pair[1].seconds_since(&pair[0])?;
        times.extend(seconds.map(|seconds| seconds * 1e6 / COPIES as f64));
    }
    Ok(Spread::new(times).median)
}

/// Microseconds of one copy of `bytes` bytes by `threads` threads.
fn on_host(threads: usize, bytes: usize, runs: usize) -> Measured<f64> {
    let source = vec![1_u8; bytes];
    let mut target = vec![2_u8; bytes];
    let part = bytes.div_ceil(threads.max(1));
    let times = (0..1 + runs.div_ceil(2)).map(|_| -> Measured<f64> {
        let start = Instant::now();
        thread::scope(|scope| {
            let mut parts = target.chunks_mut(part).zip(source.chunks(part));
            parts.try_for_each(|(target, source)| {
                let copy = move || target.copy_from_slice(black_box(source));
                thread::Builder::new().spawn_scoped(scope, copy).map(drop)
            })
        })?;
        black_box(&mut target);
        Ok(start.elapsed().as_secs_f64() * 1e6)
    });
    let times = times.collect::<Measured<Vec<f64>>>()?;
    // The first copy touches the pages of the target for the first time.
    Ok(Spread::new(times[1..].to_vec()).median)
}

/// GB/s of `count` uploads of `bytes` bytes from page-locked memory, one behind the other on one stream.
pub(crate) fn uploads(device: &Device, bytes: usize, count: usize) -> Measured<f64> {
    const WARM_UP: usize = 20;
    let memory = MemoryManager::new(device, MemoryConfig::default());
    let stream = device.stream()?;
    let mut target = memory.allocate(bytes, &stream)?;
    let mut sources = [
        memory.pinned(bytes)?,
        memory.pinned(bytes)?,
        memory.pinned(bytes)?,
    ];
    let mut start = Instant::now();
    for round in 0..count + WARM_UP {
        if round == WARM_UP {
            stream.synchronize()?;
            start = Instant::now();
        }
        let source = &mut sources[round % 3];
        target.upload(0, source, 0..bytes, &stream)?;
    }
    stream.synchronize()?;
    Ok((bytes * count) as f64 / start.elapsed().as_secs_f64() / 1e9)
}
