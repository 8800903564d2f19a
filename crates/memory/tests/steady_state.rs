//! After warm-up, cycles of allocation and free allocate nothing on the heap, on no thread, and in the pooled mode call no
//! driver.
#![expect(unsafe_code, reason = "has kernels")]

mod support;

use pixelflume_device::{
    Args, Device, HostConfig, HostKernel, Launch, Stream, TaskFailure, Workers,
};
use pixelflume_heap_counter::{Counting, counted};
use pixelflume_memory::{AllocatorMode, MemoryConfig, MemoryManager};
use std::alloc::System;
use std::sync::{Arc, Barrier};
use support::put;

#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

/// Cycles that are counted, all of them: an allocation in every 1,200th is one too many.
const CYCLES: u64 = 3_000;

struct Meet(Barrier);

impl HostKernel for Meet {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        self.0.wait();
        Ok(())
    }
}

/// Returns when both workers of a device run: a thread that starts allocates.
fn start_workers(streams: [&Stream; 2]) {
    let launch = Launch::host(Arc::new(Meet(Barrier::new(2))), Args::EMPTY);
    for stream in streams {
        put(stream, &launch, None).unwrap();
    }
    for stream in streams {
        stream.synchronize().unwrap();
    }
}

/// The only test of this program: the counter is for the whole process.
#[test]
fn thousands_of_cycles_allocate_nothing() {
    // A checked device is made for tests, and allocates.
    let device = Device::host_with(HostConfig::default().with_threads(2).with_checked(false));
    for mode in AllocatorMode::ALL {
        let memory = MemoryManager::new(&device, MemoryConfig::default().with_mode(mode));
        let (home, other) = (device.stream().unwrap(), device.stream().unwrap());
        start_workers([&home, &other]);
        let cycle = || {
            let mut first = memory.allocate(100_000, &home).unwrap();
            let mut second = memory.allocate(100_000, &other).unwrap();
            let mut staging = memory.pinned(2_000).unwrap();
            staging.as_mut_slice().unwrap().fill(3);
            first.upload(0, &mut staging, 0..2_000, &home).unwrap();
            second.upload(0, &mut staging, 0..2_000, &other).unwrap();
            second.download(0, &mut staging, 0..2_000, &other).unwrap();
            assert_eq!(staging.as_slice().unwrap()[1_999], 3);
            drop((first, second));
            home.synchronize().unwrap();
            other.synchronize().unwrap();
        };
        (0..20).for_each(|_| cycle());
        let before = memory.statistics();
        let (heap, ()) = counted(|| (0..CYCLES).for_each(|_| cycle()));
        let after = memory.statistics();
        assert_eq!(heap, 0, "heap allocations, {mode}");
        assert_eq!(after.device.requests - before.device.requests, 2 * CYCLES);
        assert_eq!(after.pinned.driver_calls, before.pinned.driver_calls);
        assert_eq!(after.device.reserved, before.device.reserved);
        if mode == AllocatorMode::Pooled {
            assert_eq!(after.device.driver_calls, before.device.driver_calls);
            assert_eq!(
                after.device.reuse_hits - before.device.reuse_hits,
                2 * CYCLES
            );
        }
    }
}
