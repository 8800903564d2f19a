//! Panics of the user's code on the workers of the host device: the stream goes on, and nothing hangs.
#![expect(unsafe_code, reason = "has kernels")]

mod support;

use pixelflume_device::{Args, Device, HostConfig, HostKernel, Launch, TaskFailure, Workers};
use std::panic::panic_any;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use support::put;

/// A payload whose drop panics.
struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        panic!("the payload panics when it is dropped");
    }
}

/// Fails the test, and does not hang, where `f` does not return. The bound is generous: it is not what is tested.
fn returns(f: impl FnOnce() + Send + 'static) {
    let (done, over) = mpsc::channel();
    let thread = thread::spawn(move || {
        f();
        done.send(()).unwrap();
    });
    match over.recv_timeout(Duration::from_secs(60)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        _ => thread.join().unwrap(),
    }
}

/// Panics with [`Payload`] in all calls of its loop, or in its own.
struct Panics {
    loops: usize,
}

impl HostKernel for Panics {
    unsafe fn run(&self, _: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure> {
        workers.for_each(self.loops, &|_| panic_any(Payload));
        panic_any(Payload)
    }
}

/// Panics when it is dropped. Waits until it is told that the queue has the last handle.
struct PanicsAtLast(Arc<AtomicUsize>, Mutex<mpsc::Receiver<()>>);

impl HostKernel for PanicsAtLast {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        self.1.lock().unwrap().recv().map_err(TaskFailure::new)?;
        self.0.fetch_add(1, SeqCst);
        Ok(())
    }
}

impl Drop for PanicsAtLast {
    fn drop(&mut self) {
        panic!("the kernel panics when it is dropped");
    }
}

fn devices() -> impl Iterator<Item = Device> {
    [1, 4]
        .map(|threads| Device::host_with(HostConfig::default().with_threads(threads)))
        .into_iter()
}

#[test]
fn a_payload_that_panics_when_it_is_dropped_fails_its_launch_alone() {
    for device in devices() {
        returns(move || {
            let stream = device.stream().unwrap();
            for loops in [0, 1, 64] {
                let launch = Launch::host(Arc::new(Panics { loops }), Args::EMPTY);
                put(&stream, &launch, None).unwrap();
                let error = stream.synchronize().unwrap_err();
                assert!(error.to_string().contains("panicked"), "{error}");
            }
            stream.synchronize().unwrap();
        });
    }
}

/// Panics in the first call of a loop.
struct PanicsFirst(Arc<AtomicUsize>);

impl HostKernel for PanicsFirst {
    unsafe fn run(&self, _: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure> {
        workers.for_each(8, &|index| {
            self.0.fetch_add(1, SeqCst);
            assert_ne!(index, 0, "the first call panics");
        });
        Ok(())
    }
}

#[test]
fn a_call_of_a_loop_that_panics_stops_no_other() {
    for device in devices() {
        let stream = device.stream().unwrap();
        let calls = Arc::new(AtomicUsize::new(0));
        let launch = Launch::host(Arc::new(PanicsFirst(calls.clone())), Args::EMPTY);
        put(&stream, &launch, None).unwrap();
        let error = stream.synchronize().unwrap_err();
        assert!(
            error.to_string().contains("the first call panics"),
            "{error}"
        );
        assert_eq!(calls.load(SeqCst), 8);
    }
}

#[test]
fn a_kernel_that_panics_when_it_is_dropped_has_done_its_work() {
    for device in devices() {
        returns(move || {
            let stream = device.stream().unwrap();
            let ran = Arc::new(AtomicUsize::new(0));
            for _ in 0..4 {
                let (go, wait) = mpsc::channel();
                let kernel = PanicsAtLast(ran.clone(), wait.into());
                let launch = Launch::host(Arc::new(kernel), Args::EMPTY);
                put(&stream, &launch, None).unwrap();
                drop(launch);
                go.send(()).unwrap();
            }
            stream.synchronize().unwrap();
            assert_eq!(ran.load(SeqCst), 4);
        });
    }
}
