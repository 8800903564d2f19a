//! Panics of the user's code on the engine's threads: whoever waits is still told, and the engine ends as it does otherwise.

use crate::support::{Gate, SHAPE, plain};
use pixelflume_ops::Custom;
use pixelflume_pipeline::PipelineBuilder;
use pixelflume_pipeline::engine::{Engine, EngineConfig, FailureCause, Shutdown};
use std::panic::panic_any;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

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

/// A payload whose drop panics.
struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        panic!("the payload panics when it is dropped");
    }
}

/// Counts its calls, and panics if it is told to.
struct Counts {
    calls: AtomicUsize,
    panics: bool,
}

impl Counts {
    fn new(panics: bool) -> Arc<Self> {
        let calls = AtomicUsize::new(0);
        Arc::new(Counts { calls, panics })
    }
}

impl Wake for Counts {
    fn wake(self: Arc<Self>) {
        self.calls.fetch_add(1, SeqCst);
        if self.panics {
            panic_any(Payload);
        }
    }
}

fn poll(engine: &Engine, waker: &Arc<impl Wake + Send + Sync + 'static>) {
    let waker = Waker::from(Arc::clone(waker));
    let polled = engine.poll_next(&mut Context::from_waker(&waker));
    assert!(matches!(polled, Poll::Pending));
}

#[test]
fn a_waker_that_panics_stops_nobody() {
    returns(|| {
        let gate = Gate::shut();
        let engine = gate.engine(EngineConfig::new());
        let wakers = [false, true, false, true].map(Counts::new);
        engine.submit(&[&plain(1)]).unwrap();
        for waker in &wakers {
            poll(&engine, waker);
        }
        gate.set(false);
        assert_eq!(engine.next().unwrap().unwrap().batch().number(), 0);
        engine.submit(&[&plain(2)]).unwrap();
        assert_eq!(engine.next().unwrap().unwrap().batch().number(), 1);
        assert_eq!(engine.shutdown(Shutdown::Drain).completed, 2);
        for waker in &wakers {
            assert_eq!(waker.calls.load(SeqCst), 1);
        }
    });
}

#[test]
fn a_waker_that_panics_at_the_end_does_not_come_out_of_it() {
    let ends: [fn(Engine); 3] = [
        |engine| engine.close(),
        |engine| drop(engine.shutdown(Shutdown::Cancel)),
        drop,
    ];
    for end in ends {
        returns(move || {
            let engine = Gate::default().engine(EngineConfig::new());
            let wakers = [true, false, true].map(Counts::new);
            for waker in &wakers {
                poll(&engine, waker);
            }
            end(engine);
            for waker in &wakers {
                assert_eq!(waker.calls.load(SeqCst), 1);
            }
        });
    }
}

/// Polls at once, on the thread that wakes it, as some runtimes do.
struct PollsAtOnce(Mutex<Option<Arc<Engine>>>, AtomicUsize);

impl Wake for PollsAtOnce {
    fn wake(self: Arc<Self>) {
        if self.1.fetch_add(1, SeqCst) == 0
            && let Some(engine) = self.0.lock().unwrap().take()
        {
            poll(&engine, &self);
        }
    }
}

#[test]
fn a_waker_that_polls_at_once_does_not_keep_others_from_being_woken() {
    returns(|| {
        let gate = Gate::shut();
        let engine = Arc::new(gate.engine(EngineConfig::new()));
        engine.submit(&[&plain(1)]).unwrap();
        let others = [false, false].map(Counts::new);
        let polls = Mutex::new(Some(Arc::clone(&engine)));
        let polls = Arc::new(PollsAtOnce(polls, AtomicUsize::new(0)));
        poll(&engine, &others[0]);
        poll(&engine, &polls);
        poll(&engine, &others[1]);
        // Tells everybody, though the batch is still on the device and there is no result yet.
        engine.close();
        for other in &others {
            assert_eq!(other.calls.load(SeqCst), 1);
        }
        gate.set(false);
        assert_eq!(engine.shutdown(Shutdown::Drain).completed, 1);
    });
}

#[test]
fn an_operator_whose_panic_panics_fails_its_batch_alone() {
    returns(|| {
        let odd = Custom::new("odd", 1).unwrap().host(1, |strip| {
            let rows = strip.rows();
            if strip.input_row(0, rows.start)[0] % 2 == 1 {
                panic_any(Payload);
            }
        });
        let mut builder = PipelineBuilder::new("odd");
        let input = builder.input("input").unwrap();
        builder.then(input, "odd", odd).unwrap();
        let host = pixelflume_device::Device::host();
        let pipeline = builder.build().unwrap();
        let engine = Engine::new(pipeline, &host, &[SHAPE], EngineConfig::new()).unwrap();
        for value in 0..8 {
            engine.submit(&[&plain(value)]).unwrap();
            let result = engine.next().unwrap();
            assert_eq!(result.is_err(), value % 2 == 1);
        }
        assert_eq!(engine.shutdown(Shutdown::Drain).failed, 4);
    });
}

#[test]
fn launches_whose_panic_panics_fail_their_batch_alone() {
    returns(|| {
        let gate = Gate::default();
        let engine = gate.engine(EngineConfig::new());
        for round in 0..4 {
            gate.panic_with(|| panic_any(Payload));
            engine.submit(&[&plain(0)]).unwrap();
            gate.panic(false);
            let failure = engine.next().unwrap().unwrap_err();
            assert!(
                matches!(failure.cause, FailureCause::Panicked(_)),
                "{round}: {failure}"
            );
        }
        assert_eq!(engine.shutdown(Shutdown::Drain).failed, 4);
    });
}
