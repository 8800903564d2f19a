//! What belongs to one host device is refused by another, as between GPUs.
#![expect(unsafe_code, reason = "runs graphs and frees memory of pools")]

mod support;

use pixelflume_device::{
    Args, Device, DeviceError, Graph, HostKernel, Launch, Stream, StreamOrderedPool, TaskFailure,
    Workers,
};
use std::sync::Arc;
use support::{begin_capture, launch_graph, put};

struct Nothing;

impl HostKernel for Nothing {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        Ok(())
    }
}

#[track_caller]
fn refused<T>(result: Result<T, DeviceError>) {
    let error = result.err();
    assert!(
        matches!(error, Some(DeviceError::WrongDevice { .. })),
        "{error:?}"
    );
}

fn graph(stream: &Stream) -> Graph {
    begin_capture(stream).unwrap();
    let launch = Launch::host(Arc::new(Nothing), Args::EMPTY);
    put(stream, &launch, None).unwrap();
    stream.end_capture().unwrap()
}

#[test]
fn nothing_of_one_host_device_is_taken_by_another() {
    let [a, b] = [(); 2].map(|()| Device::host());
    let [on_a, on_b] = [&a, &b].map(|device| device.stream().unwrap());
    let event = b.event().unwrap();
    refused(on_a.record(&event));
    refused(on_a.wait(&event));
    on_b.record(&event).unwrap();
    on_b.wait(&event).unwrap();
    let [early, late] = [&a, &b].map(|device| device.timing_event().unwrap());
    refused(on_a.record_time(&late));
    refused(late.seconds_since(&early));

    let mut exec = graph(&on_a).instantiate().unwrap();
    refused(launch_graph(&exec, &on_b));
    refused(exec.update(&graph(&on_b)));
    assert!(exec.update(&graph(&on_a)).unwrap());
    launch_graph(&exec, &on_a).unwrap();

    let pool = StreamOrderedPool::new(&a, 0).unwrap();
    refused(pool.allocate(16, &on_b));
    let address = pool.allocate(16, &on_a).unwrap();
    // SAFETY: freed once, and nothing uses it; the first call is refused.
    unsafe {
        refused(pool.free(address, 16, &on_b));
        pool.free(address, 16, &on_a).unwrap();
    }
    on_a.synchronize().unwrap();
    on_b.synchronize().unwrap();
}
