//! Prebuilt launches through the rings on the host device, with the device's own order between tasks.
#![expect(unsafe_code, reason = "has kernels")]

#[path = "support/unsafely.rs"]
mod unsafely;

use pixelflume_device::{
    Args, Device, HostConfig, HostKernel, Launch, Stream, TaskFailure, TaskObserver, Ticket,
    Workers,
};
use pixelflume_scheduler::rings::{
    self, Dependency, Dispatch, Issue, Payload, Request, RingConfig, TaskId, TaskOutcome,
};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use unsafely::put;

/// Appends its argument to a list; fails on 12.
struct Append(Arc<Mutex<Vec<u64>>>);

impl HostKernel for Append {
    unsafe fn run(&self, args: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        let value = args.get::<u64>();
        if value == 12 {
            return Err(TaskFailure::new("unlucky"));
        }
        self.0.lock().map_err(TaskFailure::new)?.push(value);
        Ok(())
    }
}

/// Sends what ended to the completing thread.
struct Ended(Mutex<Sender<(u32, bool)>>);

impl TaskObserver for Ended {
    fn starting(&self, _: u32) -> bool {
        true
    }
    fn finished(&self, task: u32, result: Result<(), TaskFailure>) {
        let sender = self.0.lock().expect("no observer panics");
        sender.send((task, result.is_ok())).expect("it is read");
    }
}

struct OneStream {
    stream: Stream,
    observer: Arc<Ended>,
    issued: Vec<TaskId>,
}

impl Dispatch<Launch> for OneStream {
    type Error = pixelflume_device::DeviceError;

    fn dispatch(
        &mut self,
        task: TaskId,
        launch: &mut Launch,
        _: Payload<'_>,
    ) -> Result<(), Self::Error> {
        let ticket = Ticket {
            observer: self.observer.clone(),
            task: self.issued.len() as u32,
        };
        put(&self.stream, launch, Some(&ticket))?;
        self.issued.push(task);
        Ok(())
    }
}

#[test]
fn launches_go_through_in_order_and_failures_take_their_consumers_along() {
    let device = Device::host_with(HostConfig::default().with_threads(2));
    let order = Arc::new(Mutex::new(Vec::new()));
    let kernel: Arc<dyn HostKernel> = Arc::new(Append(order.clone()));
    let (send, ended) = channel();
    let mut stream = OneStream {
        stream: device.stream().unwrap(),
        observer: Arc::new(Ended(Mutex::new(send))),
        issued: Vec::new(),
    };
    let config = RingConfig::new().task_window(8).consumed_window(16);
    let (submitter, mut completer) = rings::open::<Launch>(&config).unwrap();

    const TASKS: u64 = 200;
    let producer = std::thread::spawn(move || {
        let mut previous = None;
        let mut leases = Vec::new();
        for value in 0..TASKS {
            // Pairs: the second of each follows the first in the stream.
            let after: Vec<Dependency> = previous.take().into_iter().collect();
            let request = Request {
                dependencies: &after,
                lease: true,
                ..Request::default()
            };
            let launch = Launch::host(kernel.clone(), Args::of(&value));
            let submitted = submitter.submit(&request, |_, _| launch).unwrap();
            if value % 2 == 0 {
                previous = Some(Dependency::issued(submitted.task));
                leases.extend(submitted.lease);
            } else {
                leases.clear();
            }
        }
        submitter
    });

    let mut outcomes = Vec::new();
    while outcomes.len() < TASKS as usize {
        while let Some(issue) = completer.issue_next(&mut stream) {
            match issue {
                Issue::Issued(_) => {}
                Issue::Skipped(task) => outcomes.push((task.number(), TaskOutcome::Failed)),
                Issue::Refused(task, error) => panic!("{task}: {error}"),
            }
        }
        while let Ok((nth, succeeded)) = ended.try_recv() {
            let task = stream.issued[nth as usize];
            let outcome = match succeeded {
                true => TaskOutcome::Succeeded,
                false => TaskOutcome::Failed,
            };
            let outcome = completer.complete(task, outcome).unwrap();
            outcomes.push((task.number(), outcome));
        }
    }
    let submitter = producer.join().unwrap();
    submitter.drain().unwrap();
    stream.stream.synchronize().unwrap();

    // Task 13 ran where it was issued before 12 had failed; its outcome is the same.
    order.lock().unwrap().retain(|value| *value != 13);
    let ran: Vec<u64> = (0..TASKS).filter(|v| ![12, 13].contains(v)).collect();
    assert_eq!(*order.lock().unwrap(), ran);
    outcomes.sort_by_key(|(task, _)| *task);
    let failed: Vec<u64> = outcomes
        .iter()
        .filter(|(_, outcome)| *outcome == TaskOutcome::Failed)
        .map(|(task, _)| *task)
        .collect();
    assert_eq!(failed, [12, 13]);
}
