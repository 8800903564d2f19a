//! A run whose streams cannot be ordered: the executor gives it up, and lets what was submitted end before it says so.
#![expect(unsafe_code, reason = "runs kernels")]

use pixelflume_device::testing::{Call, Refusals};
use pixelflume_device::{Args, Device, HostConfig, HostKernel, Launch, TaskFailure, Workers};
use pixelflume_graph::TaskGraph;
use pixelflume_scheduler::{Executor, Schedule, SchedulerError};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

/// Waits for a message, and counts that it has ended.
struct Held {
    go: Mutex<Receiver<()>>,
    ended: AtomicUsize,
}

impl HostKernel for Held {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        self.go.lock().unwrap().recv().map_err(TaskFailure::new)?;
        self.ended.fetch_add(1, SeqCst);
        Ok(())
    }
}

#[test]
fn what_was_submitted_of_a_run_that_is_given_up_has_ended() {
    let device = Device::host_with(HostConfig::default().with_threads(2));
    let mut graph = TaskGraph::new();
    for name in ["first", "second"] {
        graph.add_node(name).unwrap();
    }
    let mut executor = Executor::new(&device, 2).unwrap();
    let schedule = Schedule::new(&graph, 2).unwrap();
    assert_eq!(schedule.streams_used(), 2, "{schedule}");
    let (open, go) = channel();
    let held = Arc::new(Held {
        go: go.into(),
        ended: 0.into(),
    });
    let launches = [(); 2].map(|()| vec![Launch::host(held.clone(), Args::EMPTY)]);

    // The start of the run is recorded, and nothing after it; no stream can be waited for. The device can, and then the tasks
    // go on.
    let mut records = 0;
    device.refusals().inject(move |call| {
        match call {
            Call::Record => records += 1,
            Call::SynchronizeDevice => {
                open.send(()).unwrap();
                open.send(()).unwrap();
            }
            _ => {}
        }
        let refused = records > 1 && matches!(call, Call::Record | Call::SynchronizeStream);
        refused.then(Refusals::refusal)
    });
    // SAFETY: the kernels touch no memory by address.
    let error = unsafe { executor.run(&schedule, &launches) }.unwrap_err();
    let ended = held.ended.load(SeqCst);
    // With it goes the sender, so that what still waits ends as well.
    device.refusals().clear();
    assert!(matches!(error, SchedulerError::Unordered { .. }), "{error}");
    assert_eq!(ended, 2);
}
