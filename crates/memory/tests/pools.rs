//! The pools on the host device: content, reuse in stream order, limits, and nothing left at the end.
#![expect(unsafe_code, reason = "has kernels")]

mod support;

use pixelflume_device::{Args, Device, HostConfig, HostKernel, Launch, TaskFailure, Workers};
use pixelflume_memory::{MemoryConfig, MemoryError, MemoryManager};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use support::put;

/// A kernel that waits until the test lets it go on.
struct Gate(std::sync::Mutex<Receiver<()>>);

impl HostKernel for Gate {
    unsafe fn run(&self, _args: &Args, _workers: &Workers<'_>) -> Result<(), TaskFailure> {
        self.0.lock().unwrap().recv().map_err(TaskFailure::new)
    }
}

fn gate() -> (Launch, Sender<()>) {
    let (open, gate) = channel();
    (Launch::host(Arc::new(Gate(gate.into())), Args::EMPTY), open)
}

fn device() -> Device {
    Device::host_with(HostConfig::default().with_threads(2))
}

#[test]
fn bytes_go_up_and_come_back() {
    let device = device();
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let (home, other) = (device.stream().unwrap(), device.stream().unwrap());
    let mut buffer = memory.allocate(1000, &home).unwrap();
    assert_eq!(buffer.address().raw() % 512, 0);
    let mut up = memory.pinned(1000).unwrap();
    let mut down = memory.pinned(1000).unwrap();
    for round in 0..50u8 {
        up.as_mut_slice()
            .unwrap()
            .iter_mut()
            .enumerate()
            .for_each(|(i, b)| *b = i as u8 ^ round);
        let (a, b) = if round % 2 == 0 {
            (&home, &other)
        } else {
            (&other, &home)
        };
        buffer.upload(3, &mut up, 10..500, a).unwrap();
        buffer.download(3, &mut down, 10..500, b).unwrap();
        assert_eq!(
            down.as_slice().unwrap()[10..500],
            up.as_slice().unwrap()[10..500]
        );
    }
    assert!(matches!(
        buffer.upload(600, &mut up, 0..500, &home),
        Err(MemoryError::OutOfRange {
            offset: 600,
            bytes: 500,
            len: 1000
        })
    ));
}

#[test]
fn copies_between_buffers_are_ordered_like_those_from_the_host() {
    let device = device();
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let [a, b, c] = [(); 3].map(|()| device.stream().unwrap());
    let mut first = memory.allocate(1000, &a).unwrap();
    let mut second = memory.allocate(800, &b).unwrap();
    let mut up = memory.pinned(1000).unwrap();
    let mut down = memory.pinned(1000).unwrap();
    for round in 0..50u8 {
        let bytes = up.as_mut_slice().unwrap();
        bytes
            .iter_mut()
            .enumerate()
            .for_each(|(i, byte)| *byte = i as u8 ^ round);
        first.upload(0, &mut up, 0..1000, &a).unwrap();
        // There on one stream, and back on another.
        second.copy_from(100, &first, 300..1000, &b).unwrap();
        first.copy_from(0, &second, 100..800, &c).unwrap();
        first.download(0, &mut down, 0..1000, &a).unwrap();
        let (up, down) = (up.as_slice().unwrap(), down.as_slice().unwrap());
        assert_eq!(down[..700], up[300..]);
        assert_eq!(down[700..], up[700..]);
    }
    for (offset, bytes, len) in [(101, 300..1000, 800), (0, 301..1001, 1000)] {
        let refused = second.copy_from(offset, &first, bytes, &b);
        assert!(
            matches!(refused, Err(MemoryError::OutOfRange { bytes: 700, len: of, .. }) if of == len),
            "{refused:?}"
        );
    }
}

#[test]
fn a_block_is_reused_on_its_stream_at_once_and_elsewhere_when_its_work_is_done() {
    let device = device();
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let (home, other) = (device.stream().unwrap(), device.stream().unwrap());
    let first = memory.allocate(5000, &home).unwrap();
    let address = first.address();
    let (closed, open) = gate();
    put(&home, &closed, None).unwrap();
    drop(first);
    let elsewhere = memory.allocate(5000, &other).unwrap();
    assert_ne!(elsewhere.address(), address, "its work is not done");
    let same = memory.allocate(5000, &home).unwrap();
    assert_eq!(same.address(), address, "the stream orders both owners");
    drop(same);
    open.send(()).unwrap();
    home.synchronize().unwrap();
    let now = memory.allocate(5000, &other).unwrap();
    assert_eq!(now.address(), address, "its work is done");
    let statistics = memory.statistics().device;
    assert_eq!(
        (
            statistics.requests,
            statistics.reuse_hits,
            statistics.driver_calls
        ),
        (4, 2, 2)
    );
    assert_eq!(statistics.in_use, 2 * 5120);
}

#[test]
fn the_limit_holds_and_free_blocks_make_room() {
    let device = device();
    let memory = MemoryManager::new(&device, MemoryConfig::default().with_limit(100_000));
    let stream = device.stream().unwrap();
    let small = memory.allocate(60_000, &stream).unwrap();
    let error = memory.allocate(60_001, &stream).unwrap_err();
    assert!(
        matches!(
            error,
            MemoryError::OverLimit {
                asked: 60_001,
                block: 61_440,
                limit: 100_000,
                in_use: 61_440
            }
        ),
        "{error:?}"
    );
    drop(small);
    let large = memory.allocate(90_000, &stream).unwrap();
    assert_eq!(
        memory.statistics().device.reserved,
        90_112,
        "the free block was given back to make room"
    );
    drop(large);
    memory.trim().unwrap();
    let statistics = memory.statistics().device;
    assert_eq!((statistics.reserved, statistics.in_use), (0, 0));
    assert!(matches!(
        memory.allocate(usize::MAX, &stream),
        Err(MemoryError::NeverFits { .. })
    ));
}
