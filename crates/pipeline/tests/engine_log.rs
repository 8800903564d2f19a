//! A subscriber of the log that panics on the engine's threads: the engine stops, and nobody waits for ever. In a program of
//! its own, since the subscriber is that of the process.

use pixelflume_device::Device;
use pixelflume_ops::{Custom, ImageShape};
use pixelflume_pipeline::engine::{Engine, EngineConfig, Shutdown, SubmitError};
use pixelflume_pipeline::{Image, PipelineBuilder, PipelineError};
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Panics where the engine's thread or a worker of the host device tells something.
struct Panics;

impl Subscriber for Panics {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        if let Some(name) = thread::current().name()
            && name.starts_with("pixelflume-")
        {
            panic!("the subscriber panics at {}", event.metadata().target());
        }
    }
}

struct WakerPanics;

impl Wake for WakerPanics {
    fn wake(self: Arc<Self>) {
        panic!("the waker panics");
    }
}

#[test]
fn a_subscriber_that_panics_stops_the_engine_and_nobody_waits() {
    tracing::subscriber::set_global_default(Panics).unwrap();
    let (done, over) = mpsc::channel();
    let thread = thread::spawn(move || {
        work();
        done.send(()).unwrap();
    });
    match over.recv_timeout(Duration::from_secs(60)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        _ => thread.join().unwrap(),
    }
}

fn work() {
    let (open, wait) = mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    let fails = Custom::new("fails", 1).unwrap().host(1, move |_| {
        wait.lock().unwrap().recv().unwrap();
        panic!("the operator fails");
    });
    let mut builder = PipelineBuilder::new("fails");
    let input = builder.input("input").unwrap();
    builder.then(input, "fails", fails).unwrap();
    let shape = ImageShape::u8(2, 1, 1);
    let pipeline = builder.build().unwrap();
    let engine = Engine::new(pipeline, &Device::host(), &[shape], EngineConfig::new()).unwrap();
    let frame = Image::new(shape, vec![0; 2]).unwrap();
    engine.submit(&[&frame]).unwrap();
    engine.submit(&[&frame]).unwrap();
    let waker = Waker::from(Arc::new(WakerPanics));
    let polled = engine.poll_next(&mut Context::from_waker(&waker));
    assert!(matches!(polled, Poll::Pending));
    open.send(()).unwrap();
    open.send(()).unwrap();
    while engine.next().is_some() {}
    let stopped = engine.stopped();
    assert!(
        matches!(stopped.as_deref(), Some(PipelineError::Panicked { .. })),
        "{stopped:?}"
    );
    let refused = engine.submit(&[&frame]);
    assert!(matches!(refused, Err(SubmitError::Stopped(_))));
    assert_eq!(engine.shutdown(Shutdown::Drain).failed, 2);
}
