//! What is found and told when something goes wrong: use after free, leaks, streams of another device.
#![expect(unsafe_code, reason = "has kernels")]

mod support;

use pixelflume_device::{Args, Device, HostConfig, HostKernel, Launch, TaskFailure, Workers};
use pixelflume_memory::testing::TestSource;
use pixelflume_memory::{AllocatorMode, MemoryConfig, MemoryError, MemoryManager};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use support::put;

/// Waits until the test lets it go on.
struct Gate(Mutex<Receiver<()>>);

impl HostKernel for Gate {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        self.0.lock().unwrap().recv().map_err(TaskFailure::new)
    }
}

fn gate() -> (Launch, Sender<()>) {
    let (open, gate) = channel();
    (Launch::host(Arc::new(Gate(gate.into())), Args::EMPTY), open)
}

fn device() -> Device {
    Device::host_with(HostConfig::default().with_threads(2).with_checked(false))
}

#[test]
#[expect(unsafe_code, reason = "uses a block after its free, on purpose")]
fn poison_finds_work_that_uses_a_block_after_its_free() {
    let device = device();
    let source = TestSource::of(&device);
    let config = MemoryConfig::default().with_poison(true);
    let memory = MemoryManager::with_source(&device, config, source.clone());
    let (home, stray) = (device.stream().unwrap(), device.stream().unwrap());
    let buffer = memory.allocate(3_000, &home).unwrap();
    let (closed, open) = gate();
    put(&stray, &closed, None).unwrap();
    // SAFETY: the missing order is the fault of this test. The pool keeps the block, so the memory stays valid; the
    // synchronizations below keep the accesses apart.
    unsafe { stray.fill(buffer.address().offset(1_234), 0x77, 10) }.unwrap();
    drop(buffer);
    home.synchronize().unwrap();
    open.send(()).unwrap();
    stray.synchronize().unwrap();
    let error = memory.allocate(3_000, &home).unwrap_err();
    let MemoryError::UsedAfterFree {
        bytes,
        offset,
        found,
        ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!((bytes, offset, found), (3_072, 1_234, 0x77));
    let device_memory = memory.statistics().device;
    assert_eq!((device_memory.failures, device_memory.reserved), (1, 0));
    assert_eq!(source.live(), (0, 0), "the block went back to its source");

    // Well ordered work passes.
    for _ in 0..3 {
        let buffer = memory.allocate(3_000, &home).unwrap();
        // SAFETY: the range is the buffer's, and the work is on its stream.
        unsafe { home.fill(buffer.address(), 1, 3_000) }.unwrap();
    }
    assert_eq!(memory.statistics().device.reuse_hits, 2);
}

#[test]
fn a_failure_of_a_task_is_not_taken_from_its_owner_by_the_poison_check() {
    struct Fail;
    impl HostKernel for Fail {
        unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
            Err(TaskFailure::new("on purpose"))
        }
    }
    let device = device();
    let memory = MemoryManager::new(&device, MemoryConfig::default().with_poison(true));
    let stream = device.stream().unwrap();
    drop(memory.allocate(100, &stream).unwrap());
    let fail = Launch::host(Arc::new(Fail), Args::EMPTY);
    put(&stream, &fail, None).unwrap();
    drop(memory.allocate(100, &stream).unwrap());
    assert!(
        stream
            .synchronize()
            .unwrap_err()
            .to_string()
            .contains("on purpose")
    );
}

#[test]
fn leaks_are_told_and_what_comes_back_late_goes_to_the_source() {
    let device = device();
    for mode in AllocatorMode::ALL {
        let source = TestSource::of(&device);
        let config = MemoryConfig::default().with_mode(mode);
        let memory = MemoryManager::with_source(&device, config, source.clone());
        let stream = device.stream().unwrap();
        let held = memory.allocate(1_000, &stream).unwrap();
        let line = line!() - 1;
        let (pinned, pinned_line) = (memory.pinned(5_000).unwrap(), line!());
        drop(memory.allocate(70_000, &stream).unwrap());

        let leaks = memory.shutdown().unwrap();
        assert_eq!(leaks.len(), 2, "{leaks:?}");
        assert_eq!((leaks[0].bytes, leaks[1].bytes), (1_024, 5_120));
        if cfg!(debug_assertions) {
            let sites = leaks.iter().map(|leak| leak.site.unwrap());
            let sites: Vec<_> = sites.map(|site| (site.file(), site.line())).collect();
            assert_eq!(sites, [(file!(), line), (file!(), pinned_line)]);
            assert!(leaks[0].to_string().contains("shutdown.rs"), "{}", leaks[0]);
        } else {
            assert_eq!((leaks[0].site, leaks[1].site), (None, None));
        }
        let refused = memory.allocate(1_000, &stream).unwrap_err();
        assert!(matches!(
            refused,
            MemoryError::ShutDown { asked: 1_000, .. }
        ));
        assert!(matches!(
            memory.pinned(1),
            Err(MemoryError::ShutDown { asked: 1, .. })
        ));
        assert_eq!(source.live(), (2, 1_024 + 5_120), "the rest went back");

        drop((held, pinned));
        assert_eq!(source.live(), (0, 0));
        assert!(memory.shutdown().unwrap().is_empty());
    }
}

#[test]
fn buffers_outlive_their_manager() {
    let device = device();
    for mode in AllocatorMode::ALL {
        let source = TestSource::of(&device);
        let config = MemoryConfig::default().with_mode(mode);
        let memory = MemoryManager::with_source(&device, config, source.clone());
        let stream = device.stream().unwrap();
        let mut buffer = memory.allocate(1_000, &stream).unwrap();
        let mut pinned = memory.pinned(1_000).unwrap();
        drop(memory);
        pinned.as_mut_slice().unwrap().fill(9);
        buffer.upload(0, &mut pinned, 0..1_000, &stream).unwrap();
        pinned.as_mut_slice().unwrap().fill(0);
        buffer.download(0, &mut pinned, 0..1_000, &stream).unwrap();
        assert_eq!(pinned.as_slice().unwrap(), [9; 1_000]);
        drop((buffer, pinned));
        assert_eq!(source.live(), (0, 0));
    }
}

#[test]
fn a_shutdown_beside_frees_of_other_threads_keeps_nothing() {
    let device = device();
    for round in 0..200 {
        let source = TestSource::of(&device);
        let memory = MemoryManager::with_source(&device, MemoryConfig::default(), source.clone());
        let stream = device.stream().unwrap();
        let buffers: Vec<_> = (0..8)
            .map(|_| memory.allocate(512, &stream).unwrap())
            .collect();
        std::thread::scope(|scope| {
            scope.spawn(move || drop(buffers));
            memory.shutdown().unwrap();
        });
        assert_eq!(source.live(), (0, 0), "round {round}");
        assert_eq!(memory.statistics().device.reserved, 0, "round {round}");
    }
}

#[test]
fn streams_of_another_device_are_refused() {
    let (device, other) = (device(), device());
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let (home, foreign) = (device.stream().unwrap(), other.stream().unwrap());
    let wrong = |error: MemoryError| error.to_string().contains("the memory of host");
    assert!(wrong(memory.allocate(10, &foreign).unwrap_err()));
    let mut buffer = memory.allocate(10, &home).unwrap();
    let mut pinned = memory.pinned(10).unwrap();
    assert!(wrong(
        buffer.upload(0, &mut pinned, 0..10, &foreign).unwrap_err()
    ));
    assert!(wrong(
        buffer
            .download(0, &mut pinned, 0..10, &foreign)
            .unwrap_err()
    ));
    assert_eq!(memory.statistics().device.failures, 1);
}

#[test]
fn copies_of_several_threads_from_one_buffer_come_behind_what_was_put_into_it() {
    let device = Device::host_with(HostConfig::default().with_threads(4).with_checked(false));
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let home = device.stream().unwrap();
    const BYTES: usize = 200_000;
    let mut buffer = memory.allocate(BYTES, &home).unwrap();
    let mut up = memory.pinned(BYTES).unwrap();
    for value in 1..=20u8 {
        up.as_mut_slice().unwrap().fill(value);
        let stream = device.stream().unwrap();
        buffer.upload(0, &mut up, 0..BYTES, &stream).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let (device, memory, buffer) = (&device, &memory, &buffer);
                scope.spawn(move || {
                    let stream = device.stream().unwrap();
                    let mut down = memory.pinned(BYTES).unwrap();
                    for _ in 0..3 {
                        buffer.download(0, &mut down, 0..BYTES, &stream).unwrap();
                        let bytes = down.as_slice().unwrap();
                        assert!(bytes.iter().all(|&byte| byte == value));
                    }
                });
            }
        });
    }
}

#[test]
#[should_panic(expected = "was given memory of")]
fn memory_of_one_device_is_not_given_out_as_that_of_another() {
    let source = TestSource::of(&device());
    MemoryManager::with_source(&device(), MemoryConfig::default(), source);
}
