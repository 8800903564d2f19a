//! Batches that fail, engines that are shut down or dropped, and what is left then.

use crate::support::{Gate, HOST, SHAPE, plain};
use pixelflume_memory::{MemoryConfig, MemoryManager};
use pixelflume_pipeline::Image;
use pixelflume_pipeline::engine::{
    Engine, EngineConfig, FailureCause, FrameError, Shutdown, SubmitError,
};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

fn engine(gate: &Gate) -> (Engine, MemoryManager) {
    let memory = MemoryManager::new(&HOST, MemoryConfig::default());
    let config = EngineConfig::new().max_batch(2);
    let engine = Engine::with_memory(gate.pipeline(), &memory, &[SHAPE], config).unwrap();
    (engine, memory)
}

#[test]
fn a_failing_batch_fails_alone_in_its_place() {
    let gate = Gate::default();
    let (engine, memory) = engine(&gate);
    let wide = Image::from_fn(5, 2, 1, |_, _, _| 0).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..60_u64 {
                match number % 6 {
                    1 => _ = engine.submit(&[&plain(13)]).unwrap(),
                    2 => _ = engine.submit(&[&plain(0), &wide]).unwrap(),
                    3 => _ = engine.begin_batch().unwrap().fail("no such file").unwrap(),
                    4 => {
                        gate.panic(true);
                        engine.submit(&[&plain(0)]).unwrap();
                        gate.panic(false);
                    }
                    5 => _ = engine.submit(&[&plain(0), &plain(0), &plain(0)]).unwrap(),
                    _ => _ = engine.submit(&[&plain(100 + number as u8)]).unwrap(),
                }
            }
            engine.close();
        });
        let mut number = 0;
        for result in engine.results() {
            let failure = match result {
                Ok(lease) => {
                    assert_eq!((number % 6, lease.batch().number()), (0, number));
                    assert_eq!(lease.output(0).unwrap().bytes(), [100 + number as u8; 8]);
                    number += 1;
                    continue;
                }
                Err(failure) => failure,
            };
            assert_eq!(failure.batch.number(), number);
            let text = failure.to_string();
            let says = |part: &str| assert!(text.contains(part), "{number}: {text}");
            match (number % 6, &failure.cause) {
                (1, FailureCause::Node(node)) => {
                    assert_eq!((node.node.as_str(), node.batch), ("gate", number));
                    says("13 brings bad luck");
                }
                (2, FailureCause::Frame(FrameError::Shape { .. })) => {
                    says("frame 1 of input \"input\" is 5x2x1 u8, the engine is for 4x2x1 u8");
                }
                (3, FailureCause::Producer(_)) => says("no such file"),
                (4, FailureCause::Panicked(_)) => says("told to panic"),
                (5, FailureCause::Frame(FrameError::BatchFull { frame: 2, .. })) => {
                    says("at most 2")
                }
                _ => panic!("{number}: {failure}"),
            }
            number += 1;
        }
        assert_eq!(number, 60);
    });
    let report = engine.shutdown(Shutdown::Drain);
    assert_eq!(
        (report.completed, report.failed, report.cancelled.len()),
        (10, 50, 0)
    );
    drop(engine);
    assert_eq!(memory.shutdown().unwrap(), []);
}

#[test]
fn bad_batches_are_refused_or_taken_back() {
    let (engine, _) = engine(&Gate::default());
    assert!(matches!(engine.submit(&[]), Err(SubmitError::NoFrames)));
    assert!(matches!(
        engine.begin_batch().unwrap().submit(),
        Err(SubmitError::NoFrames)
    ));
    let mut writer = engine.begin_batch().unwrap();
    writer.frame_mut(0, 1).unwrap().fill(9);
    let error = writer.submit().unwrap_err().to_string();
    assert!(
        error.starts_with("frame 0 of input \"input\" was not written"),
        "{error}"
    );
    // The next one on the same lane knows nothing of it.
    let mut writer = engine.begin_batch().unwrap();
    assert!(matches!(
        writer.frame_mut(1, 0),
        Err(FrameError::NoSuchInput {
            index: 1,
            inputs: 1
        })
    ));
    assert!(matches!(
        writer.frame_mut(0, 2),
        Err(FrameError::BatchFull {
            frame: 2,
            max_batch: 2
        })
    ));
    let error = writer.push_inputs(&[]).unwrap_err();
    assert!(matches!(
        error,
        FrameError::InputCount {
            expected: 1,
            got: 0
        }
    ));
    assert_eq!(
        (writer.frames(), writer.capacity(), writer.shapes()),
        (0, 2, &[SHAPE][..])
    );
    writer.push(&plain(4)).unwrap();
    let batch = writer.submit().unwrap();
    assert_eq!(batch.number(), 0);
    assert_eq!(
        engine.next().unwrap().unwrap().output(0).unwrap().bytes(),
        [4; 8]
    );
}

#[test]
fn drain_finishes_and_cancel_says_what_it_dropped() {
    for how in [Shutdown::Drain, Shutdown::Cancel] {
        let gate = Gate::shut();
        let (engine, memory) = engine(&gate);
        gate.set(false);
        engine.submit(&[&plain(20)]).unwrap();
        let lease = engine.next().unwrap().unwrap();
        gate.set(true);
        let ids = [21, 22].map(|value| engine.submit(&[&plain(value)]).unwrap());
        let mut open = engine.begin_batch().unwrap();
        open.push(&plain(0)).unwrap();
        let report = thread::scope(|scope| {
            let waits = scope.spawn(|| engine.begin_batch().map(drop));
            let ends = scope.spawn(|| engine.shutdown(how));
            // Wakes as soon as the engine is closed, whether it waited by then or not.
            assert!(matches!(waits.join().unwrap(), Err(SubmitError::Closed)));
            gate.set(false);
            ends.join().unwrap()
        });
        assert!(matches!(open.submit(), Err(SubmitError::Closed)));
        assert!(matches!(
            engine.submit(&[&plain(0)]),
            Err(SubmitError::Closed)
        ));
        assert_eq!((report.held, report.open), (1, 1));
        match how {
            Shutdown::Drain => {
                assert_eq!(
                    (report.ready, report.completed, report.cancelled),
                    (2, 3, vec![])
                );
                for value in [21, 22] {
                    assert_eq!(
                        engine.next().unwrap().unwrap().output(0).unwrap().bytes(),
                        [value; 8]
                    );
                }
            }
            Shutdown::Cancel => {
                assert_eq!((report.ready, report.completed), (0, 1));
                assert_eq!(report.cancelled, ids);
                assert_eq!(engine.statistics().cancelled, 2);
            }
        }
        assert!(engine.next().is_none() && engine.next_submitted().is_none());
        drop(engine);
        drop(lease);
        assert_eq!(memory.shutdown().unwrap(), []);
    }
}

#[test]
fn dropping_with_everything_in_flight_leaves_nothing() {
    let gate = Gate::shut();
    let (engine, memory) = engine(&gate);
    for value in 0..3 {
        engine.submit(&[&plain(value)]).unwrap();
    }
    thread::scope(|scope| {
        let dropped = scope.spawn(|| drop(engine));
        gate.set(false);
        dropped.join().unwrap();
    });
    assert_eq!(memory.shutdown().unwrap(), []);
}

#[test]
fn an_engine_that_does_not_fit_leaves_nothing() {
    let memory = MemoryManager::new(&HOST, MemoryConfig::default().with_limit(1));
    let gate = Gate::default();
    let error = Engine::with_memory(gate.pipeline(), &memory, &[SHAPE], EngineConfig::new());
    let error = error.unwrap_err().to_string();
    assert!(error.contains("no memory for"), "{error}");
    let two = Engine::new(gate.pipeline(), &HOST, &[SHAPE; 2], EngineConfig::new()).unwrap_err();
    assert_eq!(
        two.to_string(),
        "pipeline \"gated\" takes 1 input(s) (input), got 2"
    );
    assert_eq!(memory.shutdown().unwrap(), []);
}

struct DropsEngine(Mutex<Option<Engine>>, mpsc::Sender<()>);

impl Wake for DropsEngine {
    fn wake(self: Arc<Self>) {
        drop(self.0.lock().unwrap().take());
        self.1.send(()).unwrap();
    }
}

#[test]
fn a_waker_may_drop_the_engine() {
    let gate = Gate::shut();
    let (engine, memory) = engine(&gate);
    engine.submit(&[&plain(1)]).unwrap();
    let (send, dropped) = mpsc::channel();
    let wake = Arc::new(DropsEngine(Mutex::new(None), send));
    let waker = Waker::from(Arc::clone(&wake));
    let polled = engine.poll_next(&mut Context::from_waker(&waker));
    assert!(matches!(polled, Poll::Pending));
    *wake.0.lock().unwrap() = Some(engine);
    gate.set(false);
    dropped.recv().unwrap();
    // The engine is gone. Its thread lets go of the memory when it ends, which nobody waits for.
    drop(memory);
}
