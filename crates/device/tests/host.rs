//! The host device: order within a stream, order through events, failures, and the loops of kernels.
#![expect(unsafe_code, reason = "has kernels")]

mod support;

use pixelflume_device::{
    Address, Args, Device, DeviceError, DeviceKind, DeviceRequest, Event, HostConfig, HostKernel,
    Launch, Stream, TaskFailure, TaskObserver, Ticket, Unavailable, Workers,
};
use proptest::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use support::put;

/// Runs a closure.
struct Closure<F>(F);

impl<F: Fn(&Args, &Workers<'_>) -> Result<(), TaskFailure> + Send + Sync> HostKernel
    for Closure<F>
{
    unsafe fn run(&self, args: &Args, workers: &Workers<'_>) -> Result<(), TaskFailure> {
        (self.0)(args, workers)
    }
}

fn launch(
    f: impl Fn(&Args, &Workers<'_>) -> Result<(), TaskFailure> + Send + Sync + 'static,
    number: u64,
) -> Launch {
    Launch::host(Arc::new(Closure(f)), Args::of(&number))
}

fn host(threads: usize) -> Device {
    Device::host_with(HostConfig::default().with_threads(threads))
}

#[derive(Clone, Debug)]
enum Step {
    Run,
    Record(usize),
    Wait(usize),
}

fn steps() -> impl Strategy<Value = Vec<(usize, Step)>> {
    let step = prop_oneof![
        3 => Just(Step::Run),
        2 => (0usize..4).prop_map(Step::Record),
        2 => (0usize..4).prop_map(Step::Wait),
    ];
    prop::collection::vec((0usize..4, step), 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 3 } else { 150 }))]

    /// Whatever streams and events say must come before, came before: checked against vector clocks.
    #[test]
    fn streams_and_events_order_what_they_promise(threads in 1usize..4, steps in steps()) {
        let device = host(threads);
        let streams: Vec<Stream> = (0..4).map(|_| device.stream().unwrap()).collect();
        let events: Vec<Event> = (0..4).map(|_| device.event().unwrap()).collect();
        let finished = Arc::new(Mutex::new(Vec::new()));
        let mut clocks: Vec<Vec<u64>> = vec![Vec::new(); 4];
        let mut event_clocks: Vec<Vec<u64>> = vec![Vec::new(); 4];
        let mut must = Vec::new();
        for (stream, step) in steps {
            match step {
                Step::Run => {
                    let number = must.len() as u64;
                    must.push(clocks[stream].clone());
                    clocks[stream].push(number);
                    let finished = finished.clone();
                    let work = launch(move |args, _| { finished.lock().unwrap().push(args.get::<u64>()); Ok(()) }, number);
                    put(&streams[stream], &work, None).unwrap();
                }
                Step::Record(event) => {
                    streams[stream].record(&events[event]).unwrap();
                    event_clocks[event] = clocks[stream].clone();
                }
                Step::Wait(event) => {
                    streams[stream].wait(&events[event]).unwrap();
                    let clock = event_clocks[event].clone();
                    clocks[stream].extend(clock);
                    clocks[stream].sort_unstable();
                    clocks[stream].dedup();
                }
            }
        }
        device.synchronize().unwrap();
        prop_assert!(events.iter().all(|event| event.is_complete().unwrap()));
        let finished = finished.lock().unwrap();
        prop_assert_eq!(finished.len(), must.len());
        let mut place = vec![0; must.len()];
        finished.iter().enumerate().for_each(|(index, &number)| place[number as usize] = index);
        for (number, before) in must.iter().enumerate() {
            prop_assert!(before.iter().all(|&b| place[b as usize] < place[number]));
        }
    }

    #[test]
    fn a_loop_calls_each_index_once(threads in 1usize..5, counts in prop::collection::vec(0usize..300, 1..6)) {
        let device = host(threads);
        let streams: Vec<Stream> = counts.iter().map(|_| device.stream().unwrap()).collect();
        let calls: Vec<Arc<Vec<AtomicUsize>>> =
            counts.iter().map(|&count| Arc::new((0..count).map(|_| AtomicUsize::new(0)).collect())).collect();
        for (stream, calls) in streams.iter().zip(&calls) {
            let calls = calls.clone();
            let work = launch(move |_, workers| {
                workers.for_each(calls.len(), &|index| {
                    // A loop inside a loop must not lock up.
                    workers.for_each(3, &|_| { calls[index].fetch_add(1, SeqCst); });
                });
                Ok(())
            }, 0);
            put(stream, &work, None).unwrap();
        }
        device.synchronize().unwrap();
        prop_assert!(calls.iter().all(|calls| calls.iter().all(|c| c.load(SeqCst) == 3)));
    }
}

#[test]
fn a_failure_comes_back_once_and_the_stream_goes_on() {
    let device = host(2);
    let stream = device.stream().unwrap();
    let ran = Arc::new(AtomicUsize::new(0));
    put(
        &stream,
        &launch(|_, _| Err(TaskFailure::new("no good")), 0),
        None,
    )
    .unwrap();
    let panics = |_: &Args, workers: &Workers<'_>| -> Result<(), TaskFailure> {
        workers.for_each(8, &|index| assert!(index != 5, "index {index}"));
        Ok(())
    };
    put(&stream, &launch(panics, 0), None).unwrap();
    let counted = ran.clone();
    let count = move |_: &Args, _: &Workers<'_>| {
        counted.fetch_add(1, SeqCst);
        Ok(())
    };
    put(&stream, &launch(count, 0), None).unwrap();
    let error = stream.synchronize().unwrap_err();
    assert_eq!(
        error.to_string(),
        "a task failed: no good",
        "the first failure is the one that is told"
    );
    assert_eq!(ran.load(SeqCst), 1);
    stream.synchronize().unwrap();
    put(&stream, &launch(panics, 0), None).unwrap();
    assert_eq!(
        stream.synchronize().unwrap_err().to_string(),
        "a task failed: panicked: index 5"
    );
}

#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl TaskObserver for Log {
    fn starting(&self, task: u32) -> bool {
        self.0.lock().unwrap().push(format!("start {task}"));
        task != 2
    }
    fn finished(&self, task: u32, result: Result<(), TaskFailure>) {
        self.0
            .lock()
            .unwrap()
            .push(format!("finish {task} {result:?}"));
    }
}

#[test]
fn an_observer_follows_and_stops_tasks() {
    let device = host(1);
    let stream = device.stream().unwrap();
    let log = Arc::new(Log::default());
    for task in 1..4 {
        let work = launch(
            move |_, _| if task == 3 { panic!("three") } else { Ok(()) },
            0,
        );
        put(
            &stream,
            &work,
            Some(&Ticket {
                observer: log.clone(),
                task,
            }),
        )
        .unwrap();
    }
    stream.synchronize().unwrap();
    let log = log.0.lock().unwrap();
    assert_eq!(
        log[..4],
        ["start 1", "finish 1 Ok(())", "start 2", "start 3"]
    );
    assert!(log[4].contains("panicked: three"), "{}", log[4]);
}

#[test]
#[expect(unsafe_code, reason = "copies by address")]
fn copies_and_fills_run_in_order() {
    let device = host(2);
    let stream = device.stream().unwrap();
    let mut memory = vec![0u8; 64];
    let base = Address::from_ptr(memory.as_mut_ptr());
    // SAFETY: both halves lie in `memory`, do not overlap, and nobody touches it before the synchronization.
    unsafe {
        stream.fill(base, 7, 16).unwrap();
        stream.copy(base.offset(32), base, 16).unwrap();
        stream.fill(base, 9, 8).unwrap();
    }
    stream.synchronize().unwrap();
    assert!(stream.is_idle().unwrap());
    assert_eq!(memory[..8], [9; 8]);
    assert_eq!(memory[8..16], [7; 8]);
    assert_eq!(memory[32..48], [7; 16]);
    assert_eq!(memory[48..], [0; 16]);
}

#[test]
fn queued_work_survives_the_last_handles() {
    let ran = Arc::new(AtomicUsize::new(0));
    {
        let device = host(1);
        let stream = device.stream().unwrap();
        for _ in 0..100 {
            let ran = ran.clone();
            let count = move |_: &Args, _: &Workers<'_>| {
                ran.fetch_add(1, SeqCst);
                Ok(())
            };
            put(&stream, &launch(count, 0), None).unwrap();
        }
    }
    assert_eq!(ran.load(SeqCst), 100);
}

#[test]
fn devices_are_named_and_refused_clearly() {
    assert_eq!("cuda:3".parse(), Ok(DeviceRequest::Cuda(3)));
    assert_eq!("cuda".parse(), Ok(DeviceRequest::Cuda(0)));
    assert_eq!(DeviceRequest::Cuda(3).to_string(), "cuda:3");
    let error = "gpu".parse::<DeviceRequest>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "\"gpu\" names no device; use auto, host, cuda or cuda:N"
    );
    let device = Device::open(&DeviceRequest::Host).unwrap();
    assert_eq!(device.kind(), DeviceKind::Host);
    assert!(device.capabilities().multiprocessors >= 1);
    if let Err(error) = Device::cuda(9999) {
        assert!(
            matches!(
                error,
                DeviceError::Unavailable(
                    Unavailable::NotBuilt
                        | Unavailable::NoDriver { .. }
                        | Unavailable::NoSuchDevice { asked: 9999, .. }
                        | Unavailable::NoDevice
                )
            ),
            "{error}"
        );
    }
}

/// A device without workers: whoever puts work into a stream does it, and other streams go on with what waited for it.
#[test]
fn an_inline_device_works_on_the_calling_thread() {
    let device = Device::host_with(HostConfig::default().with_threads(7).with_inline(true));
    assert_eq!(device.capabilities().multiprocessors, 1);
    let [first, second] = [device.stream().unwrap(), device.stream().unwrap()];
    let event = device.event().unwrap();
    let threads = Arc::new(Mutex::new(Vec::new()));
    for stream in [&first, &second] {
        let seen = threads.clone();
        let noted = launch(
            move |_, workers| {
                assert_eq!(workers.count(), 1);
                seen.lock().unwrap().push(std::thread::current().id());
                Ok(())
            },
            0,
        );
        put(stream, &noted, None).unwrap();
        first.record(&event).unwrap();
        second.wait(&event).unwrap();
    }
    // Complete without a wait.
    assert_eq!(*threads.lock().unwrap(), [std::thread::current().id(); 2]);
    assert!(first.is_idle().unwrap() && second.is_idle().unwrap());
    device.synchronize().unwrap();
}

/// Threads that share an inline device wait for the work that another of them happens to run.
#[test]
fn threads_share_an_inline_device() {
    let device = Device::host_with(HostConfig::default().with_inline(true));
    let rounds = if cfg!(miri) { 5 } else { 500 };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let stream = device.stream().unwrap();
                let count = Arc::new(AtomicUsize::new(0));
                let counted = count.clone();
                let add = launch(
                    move |_, _| {
                        counted.fetch_add(1, SeqCst);
                        Ok(())
                    },
                    0,
                );
                for round in 1..=rounds {
                    put(&stream, &add, None).unwrap();
                    stream.synchronize().unwrap();
                    assert_eq!(count.load(SeqCst), round);
                }
            });
        }
    });
}
