//! The checked host device sees what the process does with page-locked memory: a wait that is missing is refused, with the
//! names of both sides.
#![expect(unsafe_code, reason = "has kernels")]

mod support;

use pixelflume_device::{
    Access, Args, Device, DeviceError, HostConfig, HostKernel, Launch, Stream, TaskFailure, Workers,
};
use pixelflume_memory::{MemoryConfig, MemoryError, MemoryManager, PinnedArena};
use std::fmt::Debug;
use std::sync::Arc;
use support::{begin_capture, launch_graph, put};

struct Nothing;

impl HostKernel for Nothing {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        Ok(())
    }
}

fn memory() -> (MemoryManager, Stream) {
    let config = HostConfig::default().with_threads(2).with_checked(true);
    let device = Device::host_with(config);
    let stream = device.stream().unwrap();
    (MemoryManager::new(&device, MemoryConfig::default()), stream)
}

fn work(stream: &Stream, access: Access) {
    let mut launch = Launch::host(Arc::new(Nothing), Args::EMPTY);
    launch.set_accesses(&[access]);
    put(stream, &launch, None).unwrap();
}

#[track_caller]
fn is_refused<T: Debug>(result: Result<T, MemoryError>, names: [&str; 2]) {
    let error = result.unwrap_err();
    let MemoryError::Device(DeviceError::Unordered { first, second, .. }) = &error else {
        panic!("{error}");
    };
    assert_eq!([first.as_str(), second.as_str()], names, "{error}");
}

#[test]
fn the_process_waits_for_launches_that_use_page_locked_memory() {
    let (memory, stream) = memory();
    let mut buffer = memory.pinned(64).unwrap();
    let other = memory.pinned(64).unwrap();
    let address = buffer.address();

    // Reads beside reads are fine, writes beside reads are not.
    work(&stream, Access::read(address.offset(60), 8));
    assert_eq!(buffer.as_slice().unwrap(), [0; 64]);
    let launch = "a launch";
    is_refused(buffer.as_mut_slice(), [launch, "a write of the process"]);
    assert!(other.as_slice().is_ok());
    stream.synchronize().unwrap();
    buffer.as_mut_slice().unwrap().fill(1);

    work(&stream, Access::write(address, 4));
    is_refused(buffer.as_slice(), [launch, "a read of the process"]);
    is_refused(buffer.as_mut_slice(), [launch, "a write of the process"]);
    let event = memory.device().event().unwrap();
    stream.record(&event).unwrap();
    is_refused(buffer.as_slice(), [launch, "a read of the process"]);
    event.synchronize().unwrap();
    assert_eq!(buffer.as_slice().unwrap(), [1; 64]);
    buffer.as_mut_slice().unwrap().fill(2);
}

/// Where the work is noted as a use of the buffer, the next access waits for it.
#[test]
fn an_access_waits_for_launches_that_a_buffer_was_told_of() {
    let (memory, stream) = memory();
    let other = memory.device().stream().unwrap();
    let mut buffer = memory.pinned(64).unwrap();
    assert!(buffer.is_readable_by_kernels());
    let read = Access::read(buffer.address(), 64);
    work(&stream, read);
    buffer.order_after(&stream).unwrap();
    buffer.as_mut_slice().unwrap().fill(1);

    // The use on the other stream comes behind the first one, so that a wait for it is a wait for both.
    work(&stream, read);
    buffer.order_after(&stream).unwrap();
    work(&other, read);
    buffer.order_after(&other).unwrap();
    buffer.as_mut_slice().unwrap().fill(2);

    // A copy comes behind it as well.
    let mut target = memory.allocate(64, &other).unwrap();
    work(&stream, Access::write(buffer.address(), 64));
    buffer.order_after(&stream).unwrap();
    target.upload(0, &mut buffer, 0..64, &other).unwrap();
    assert_eq!(buffer.as_slice().unwrap(), [2; 64]);
}

/// A graph repeats copies of which the buffers know only the capture.
#[test]
fn the_process_waits_for_graphs_that_copy() {
    let (memory, stream) = memory();
    let mut source = memory.pinned(256).unwrap();
    let mut target = memory.pinned(256).unwrap();
    source.as_mut_slice().unwrap().fill(3);
    let mut buffer = memory.allocate(256, &stream).unwrap();
    begin_capture(&stream).unwrap();
    buffer.upload(0, &mut source, 0..256, &stream).unwrap();
    buffer.download(0, &mut target, 0..256, &stream).unwrap();
    let graph = stream.end_capture().unwrap();
    let exec = graph.instantiate().unwrap();
    // The events of the capture tell nothing, so that the device is waited for, once.
    target.as_mut_slice().unwrap();
    for value in [3, 4, 5] {
        source.as_mut_slice().unwrap().fill(value);
        launch_graph(&exec, &stream).unwrap();
        let copy = "a copy";
        is_refused(source.as_mut_slice(), [copy, "a write of the process"]);
        is_refused(target.as_slice(), [copy, "a read of the process"]);
        stream.synchronize().unwrap();
        assert_eq!(target.as_slice().unwrap(), [value; 256]);
    }
}

#[test]
fn pieces_of_an_arena_are_checked_one_by_one() {
    let (memory, stream) = memory();
    let arena = PinnedArena::new(&memory, 1024).unwrap();
    let first = arena.lend(0..512).unwrap();
    let mut second = arena.lend(512..1024).unwrap();
    work(&stream, Access::write(first.address(), 512));
    second.as_mut_slice().unwrap().fill(1);
    is_refused(first.as_slice(), ["a launch", "a read of the process"]);
    // Nor does the next one who borrows these bytes see them.
    drop(first);
    let mut again = arena.lend(256..512).unwrap();
    let names = ["a launch", "a write of the process"];
    is_refused(again.as_mut_slice(), names);
    stream.synchronize().unwrap();
    again.as_mut_slice().unwrap().fill(2);
}

#[test]
fn copies_of_the_buffer_itself_are_waited_for_as_ever() {
    let (memory, stream) = memory();
    let mut pinned = memory.pinned(128).unwrap();
    let mut buffer = memory.allocate(128, &stream).unwrap();
    for value in 0..10 {
        pinned.as_mut_slice().unwrap().fill(value);
        buffer.upload(0, &mut pinned, 0..128, &stream).unwrap();
        pinned.as_mut_slice().unwrap().fill(99);
        buffer.download(0, &mut pinned, 0..128, &stream).unwrap();
        assert_eq!(pinned.as_slice().unwrap(), [value; 128]);
    }
}
