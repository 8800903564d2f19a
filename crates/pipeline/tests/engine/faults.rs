//! Calls of the device that fail under a running engine, each in turn: no result is wrong, nothing hangs, nothing is lost.

use crate::support::{Gate, SHAPE, plain};
use pixelflume_device::testing::Refusals;
use pixelflume_device::{Device, HostConfig};
use pixelflume_memory::{MemoryConfig, MemoryManager};
use pixelflume_pipeline::engine::{Engine, EngineConfig, Shutdown};
use pixelflume_scheduler::ExecutionMode;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

const BATCHES: u64 = 6;

/// Runs some batches while call number `nth` fails, or all from there on; gives the number of calls that could have failed,
/// and how many batches succeeded.
fn stream_with_fault(
    (execution, device_outputs): (ExecutionMode, bool),
    nth: u32,
    stays: bool,
) -> (u32, u64) {
    let device = Device::host_with(HostConfig::default().with_threads(2));
    let memory = MemoryManager::new(&device, MemoryConfig::default());
    let config = EngineConfig::new()
        .max_batch(1)
        .execution(execution)
        .device_outputs(device_outputs);
    let pipeline = Gate::default().pipeline();
    let engine = Engine::with_memory(pipeline, &memory, &[SHAPE], config).unwrap();
    let calls = Arc::new(Mutex::new(0));
    let count = calls.clone();
    device.refusals().inject(move |_| {
        let mut calls = count.lock().unwrap();
        *calls += 1;
        (*calls == nth || (stays && *calls > nth)).then(Refusals::refusal)
    });
    let case =
        format!("{execution:?}, on the device: {device_outputs}, call {nth}, stays: {stays}");
    let mut right = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..BATCHES {
                // Refused once the engine has stopped.
                if engine.submit(&[&plain(20 + number as u8)]).is_err() {
                    break;
                }
            }
            engine.close();
        });
        for lease in engine.results().flatten() {
            let expected = 20 + lease.batch().number() as u8;
            // The copy from the device may be what fails.
            if let Ok(images) = lease.to_images("gate") {
                assert_eq!(images, [plain(expected)], "{case}");
            }
            right += 1;
        }
    });
    let calls = *calls.lock().unwrap();
    let report = engine.shutdown(Shutdown::Drain);
    assert_eq!(report.completed, right, "{case}");
    device.refusals().clear();
    drop(engine);
    let left = memory.shutdown().unwrap();
    // Where every wait fails, nobody knows whether results are still being written: their memory is given up, and told.
    assert!(stays || left.is_empty(), "{case}: {left:?}");
    (calls, right)
}

#[test]
fn whatever_call_fails_no_result_is_wrong_and_nothing_hangs() {
    let (done, over) = mpsc::channel();
    let thread = thread::spawn(move || {
        use ExecutionMode::{Direct, Replay};
        for way in [
            (Direct, false),
            (Replay, false),
            (Direct, true),
            (Replay, true),
        ] {
            for stays in [false, true] {
                let (calls, right) = stream_with_fault(way, u32::MAX, stays);
                assert_eq!(right, BATCHES);
                for nth in 1..=calls {
                    stream_with_fault(way, nth, stays);
                }
            }
        }
        done.send(()).unwrap();
    });
    match over.recv_timeout(Duration::from_secs(120)) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        _ => thread.join().unwrap(),
    }
}
