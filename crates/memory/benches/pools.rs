//! What an allocation with its free costs on the host device, and a snapshot of the statistics; by one thread, and by four
//! that share a manager.

use criterion::{Bencher, Criterion, criterion_group, criterion_main};
use pixelflume_device::Device;
use pixelflume_memory::{AllocatorMode, DriverSource, MemoryConfig, MemoryManager, MemorySource};
use std::time::{Duration, Instant};

const BYTES: usize = 1 << 20;
/// Calls between two synchronizations: what a stream has to free does not pile up.
const BATCH: u64 = 256;

fn cycles(memory: &MemoryManager, count: u64) -> Duration {
    let stream = memory.device().stream().expect("the host gives streams");
    let mut time = Duration::ZERO;
    let mut left = count;
    while left > 0 {
        let now = left.min(BATCH);
        let start = Instant::now();
        for _ in 0..now {
            drop(memory.allocate(BYTES, &stream).expect("there is memory"));
        }
        time += start.elapsed();
        stream.synchronize().expect("nothing fails");
        left -= now;
    }
    time
}

fn threads(bencher: &mut Bencher<'_>, memory: &MemoryManager, threads: u64) {
    bencher.iter_custom(|count| {
        std::thread::scope(|scope| {
            let work = |_| scope.spawn(|| cycles(memory, count));
            let workers: Vec<_> = (0..threads).map(work).collect();
            let times = workers
                .into_iter()
                .map(|worker| worker.join().expect("no panic"));
            times.max().unwrap_or_default()
        })
    });
}

fn pools(criterion: &mut Criterion) {
    let device = Device::host();
    for mode in AllocatorMode::ALL {
        let memory = MemoryManager::new(&device, MemoryConfig::default().with_mode(mode));
        let mut group = criterion.benchmark_group(format!("allocate and drop, {mode}"));
        for count in [1, 4] {
            group.bench_function(format!("{count} threads"), |bencher| {
                threads(bencher, &memory, count);
            });
        }
        group.finish();
    }
    raw(criterion, &device);
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    criterion.bench_function("snapshot of the statistics", |bencher| {
        bencher.iter(|| memory.statistics());
    });
}

#[expect(unsafe_code, reason = "frees by address")]
fn raw(criterion: &mut Criterion, device: &Device) {
    let source = DriverSource::new(device);
    criterion.bench_function("allocate and free, raw", |bencher| {
        bencher.iter(|| {
            let address = source.allocate(BYTES).expect("there is memory");
            // SAFETY: it was allocated just now with this size, and nothing uses it.
            unsafe { source.free(address, BYTES) }.expect("the host frees");
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(2));
    targets = pools
}
criterion_main!(benches);
