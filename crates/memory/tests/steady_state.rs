//! After warm-up, cycles of allocation and free allocate nothing on the heap, on no thread, and in the pooled mode call no
//! driver.
#![expect(unsafe_code, reason = "counts the calls of the global allocator")]

use pixelflume_device::{
    Args, Device, HostConfig, HostKernel, Launch, Stream, TaskFailure, Workers,
};
use pixelflume_memory::{AllocatorMode, MemoryConfig, MemoryManager};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Barrier};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call goes to the system's allocator with what it was given; the counter allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, SeqCst);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract of `dealloc`, and all memory came from `System`.
        unsafe { System.dealloc(at, layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, SeqCst);
        // SAFETY: the caller keeps the contract of `realloc`, and all memory came from `System`.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Meet(Barrier);

impl HostKernel for Meet {
    fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        self.0.wait();
        Ok(())
    }
}

/// Returns when both workers of a device run: a thread that starts allocates.
fn start_workers(streams: [&Stream; 2]) {
    let launch = Launch::host(Arc::new(Meet(Barrier::new(2))), Args::EMPTY);
    for stream in streams {
        stream.enqueue(&launch, None).unwrap();
    }
    for stream in streams {
        stream.synchronize().unwrap();
    }
}

/// The only test of this program: the counter is for the whole process.
#[test]
fn a_thousand_cycles_allocate_nothing() {
    // A checked device is made for tests, and allocates.
    let device = Device::host_with(HostConfig::default().with_threads(2).with_checked(false));
    for mode in AllocatorMode::ALL {
        let memory = MemoryManager::new(&device, MemoryConfig::default().with_mode(mode));
        let (home, other) = (device.stream().unwrap(), device.stream().unwrap());
        start_workers([&home, &other]);
        let cycle = || {
            let first = memory.allocate(100_000, &home).unwrap();
            let second = memory.allocate(100_000, &other).unwrap();
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
        let (heap, before) = (ALLOCATIONS.load(SeqCst), memory.statistics());
        (0..1_000).for_each(|_| cycle());
        let (heap, after) = (ALLOCATIONS.load(SeqCst) - heap, memory.statistics());
        assert_eq!(heap, 0, "heap allocations, {mode}");
        assert_eq!(after.device.requests - before.device.requests, 2_000);
        assert_eq!(after.pinned.driver_calls, before.pinned.driver_calls);
        assert_eq!(after.device.reserved, before.device.reserved);
        if mode == AllocatorMode::Pooled {
            assert_eq!(after.device.driver_calls, before.device.driver_calls);
            assert_eq!(after.device.reuse_hits - before.device.reuse_hits, 2_000);
        }
    }
}
