//! Capture and replay on the host device.
#![expect(unsafe_code, reason = "has kernels")]

mod support;

use pixelflume_device::{
    Args, Change, Device, DeviceError, Event, HostConfig, HostKernel, Launch, Stream, TaskFailure,
    TaskObserver, Ticket, Workers,
};
use proptest::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{begin_capture, launch_graph, put};

/// Writes its argument into a log.
struct Log(Mutex<Vec<u64>>);

impl HostKernel for Log {
    unsafe fn run(&self, args: &Args, _workers: &Workers<'_>) -> Result<(), TaskFailure> {
        self.0.lock().unwrap().push(args.get());
        Ok(())
    }
}

fn log() -> Arc<Log> {
    Arc::new(Log(Mutex::new(Vec::new())))
}

fn launch(log: &Arc<Log>, number: u64) -> Launch {
    Launch::host(log.clone(), Args::of(&number))
}

fn device() -> Device {
    Device::host_with(HostConfig::default().with_threads(3))
}

/// Puts a fork and a join into streams: 0, then 1 and 2 side by side, then 3.
fn diamond(streams: &[Stream], events: &[Event], log: &Arc<Log>) -> Result<(), DeviceError> {
    put(&streams[0], &launch(log, 0), None)?;
    streams[0].record(&events[0])?;
    streams[1].wait(&events[0])?;
    put(&streams[1], &launch(log, 1), None)?;
    streams[1].record(&events[1])?;
    put(&streams[0], &launch(log, 2), None)?;
    streams[0].wait(&events[1])?;
    put(&streams[0], &launch(log, 3), None)
}

fn parts() -> (Vec<Stream>, Vec<Event>) {
    let device = device();
    let streams = (0..3).map(|_| device.stream().unwrap()).collect();
    (streams, (0..3).map(|_| device.event().unwrap()).collect())
}

#[test]
fn a_captured_fork_and_join_runs_again_and_is_patched() {
    let (streams, events) = parts();
    let log = log();
    begin_capture(&streams[0]).unwrap();
    diamond(&streams, &events, &log).unwrap();
    assert!(streams[1].is_capturing().unwrap());
    let graph = streams[0].end_capture().unwrap();
    assert!(!streams[0].is_capturing().unwrap() && !streams[1].is_capturing().unwrap());
    assert_eq!(graph.launch_count(), 4);
    streams[0].synchronize().unwrap();
    assert!(log.0.lock().unwrap().is_empty(), "a capture runs nothing");
    let mut exec = graph.instantiate().unwrap();
    let check = |expected: [u64; 4]| {
        streams[2].synchronize().unwrap();
        let mut ran = std::mem::take(&mut *log.0.lock().unwrap());
        assert_eq!((ran[0], ran[3]), (expected[0], expected[3]));
        ran[1..3].sort_unstable();
        assert_eq!(ran, expected);
    };
    launch_graph(&exec, &streams[2]).unwrap();
    check([0, 1, 2, 3]);
    exec.set_launch(1, &launch(&log, 9), None).unwrap();
    launch_graph(&exec, &streams[2]).unwrap();
    exec.set_launch(1, &launch(&log, 5), None).unwrap();
    check([0, 2, 9, 3]);
    launch_graph(&exec, &streams[2]).unwrap();
    check([0, 2, 5, 3]);
    assert!(exec.set_launch(4, &launch(&log, 0), None).is_err());
    // The same shape again updates; another does not.
    begin_capture(&streams[0]).unwrap();
    diamond(&streams, &events, &log).unwrap();
    let same = streams[0].end_capture().unwrap();
    assert!(exec.update(&same).unwrap());
    launch_graph(&exec, &streams[2]).unwrap();
    check([0, 1, 2, 3]);
    begin_capture(&streams[0]).unwrap();
    put(&streams[0], &launch(&log, 0), None).unwrap();
    let other = streams[0].end_capture().unwrap();
    assert!(!exec.update(&other).unwrap());
}

#[test]
fn what_a_capture_does_not_allow_fails_it_and_leaves_the_streams_usable() {
    let (streams, events) = parts();
    let log = log();
    let failures: [&dyn Fn(); 4] = [
        &|| drop(streams[0].synchronize().unwrap_err()),
        &|| {
            put(&streams[2], &launch(&log, 7), None).unwrap();
            streams[2].record(&events[2]).unwrap();
            drop(streams[0].wait(&events[2]).unwrap_err());
        },
        &|| {
            streams[0].record(&events[0]).unwrap();
            streams[1].wait(&events[0]).unwrap();
            put(&streams[1], &launch(&log, 8), None).unwrap();
        },
        &|| drop(begin_capture(&streams[0]).unwrap_err()),
    ];
    for (index, failure) in failures.iter().enumerate() {
        begin_capture(&streams[0]).unwrap();
        failure();
        let ended = streams[0].end_capture();
        assert_eq!(ended.is_err(), index < 3, "case {index}: {ended:?}");
        for stream in &streams {
            assert!(!stream.is_capturing().unwrap());
            put(stream, &launch(&log, 1), None).unwrap();
            stream.synchronize().unwrap();
        }
    }
    assert!(streams[0].end_capture().is_err(), "no capture is open");
}

#[test]
fn launches_are_compared() {
    let (a, b) = (log(), log());
    assert_eq!(launch(&a, 1).change_from(&launch(&a, 1)), Change::None);
    assert_eq!(launch(&a, 2).change_from(&launch(&a, 1)), Change::Arguments);
    assert_eq!(launch(&b, 1).change_from(&launch(&a, 1)), Change::Kernel);
}

/// Notes when one run of it begins inside another. Each that does not waits for a message.
struct Alone {
    inside: AtomicBool,
    overlapped: AtomicBool,
    runs: AtomicUsize,
    go: Mutex<Receiver<()>>,
}

impl HostKernel for Alone {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        self.runs.fetch_add(1, SeqCst);
        if self.inside.swap(true, SeqCst) {
            self.overlapped.store(true, SeqCst);
            return Ok(());
        }
        let gone = self.go.lock().unwrap().recv();
        self.inside.store(false, SeqCst);
        gone.map_err(TaskFailure::new)
    }
}

/// Holds the first thread that asks for a name: the checked device does so in the middle of a launch.
struct HoldsFirst {
    first: AtomicBool,
    entered: Mutex<Sender<()>>,
    go: Mutex<Receiver<()>>,
}

impl TaskObserver for HoldsFirst {
    fn name(&self, _: u32) -> String {
        if self.first.swap(false, SeqCst) {
            self.entered.lock().unwrap().send(()).unwrap();
            self.go.lock().unwrap().recv().unwrap();
        }
        String::new()
    }

    fn starting(&self, _: u32) -> bool {
        true
    }

    fn finished(&self, _: u32, result: Result<(), TaskFailure>) {
        result.unwrap();
    }
}

#[test]
fn launches_of_two_threads_on_two_streams_do_not_overlap() {
    let config = HostConfig::default().with_threads(2).with_checked(true);
    let device = Device::host_with(config);
    let [first, second, probe] = [(); 3].map(|()| device.stream().unwrap());
    let (run, go) = channel();
    let alone = Arc::new(Alone {
        inside: false.into(),
        overlapped: false.into(),
        runs: 0.into(),
        go: go.into(),
    });
    let (entered, is_entered) = channel();
    let (go_on, may_go_on) = channel();
    let observer = Arc::new(HoldsFirst {
        first: true.into(),
        entered: entered.into(),
        go: may_go_on.into(),
    });
    let ticket = Ticket { observer, task: 0 };
    begin_capture(&first).unwrap();
    let launched = Launch::host(alone.clone(), Args::EMPTY);
    put(&first, &launched, Some(&ticket)).unwrap();
    let exec = first.end_capture().unwrap().instantiate().unwrap();

    std::thread::scope(|scope| {
        let (exec, first, second) = (&exec, &first, &second);
        scope.spawn(move || launch_graph(exec, first).unwrap());
        is_entered.recv().unwrap();
        // One thread is in the middle of its launch. The other one finishes its own meanwhile, unless it is kept waiting.
        let (done, is_done) = channel();
        scope.spawn(move || {
            launch_graph(exec, second).unwrap();
            let _ = done.send(());
        });
        let _ = is_done.recv_timeout(Duration::from_millis(300));
        go_on.send(()).unwrap();
    });
    // One worker is held in a run. The other one has come to the second stream before it comes to this one.
    let nothing = log();
    put(&probe, &launch(&nothing, 0), None).unwrap();
    probe.synchronize().unwrap();
    run.send(()).unwrap();
    run.send(()).unwrap();
    first.synchronize().unwrap();
    second.synchronize().unwrap();
    assert_eq!(alone.runs.load(SeqCst), 2);
    assert!(!alone.overlapped.load(SeqCst));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 3 } else { 60 }))]

    /// Random fork-joins: a replay respects the order that the direct run must.
    #[test]
    fn replays_keep_the_captured_order(choices in prop::collection::vec((0usize..3, 0usize..3), 1..40), runs in 1usize..4) {
        let (streams, events) = parts();
        let log = log();
        begin_capture(&streams[0]).unwrap();
        streams[0].record(&events[0]).unwrap();
        streams[1].wait(&events[0]).unwrap();
        streams[2].wait(&events[0]).unwrap();
        let mut before: Vec<Vec<u64>> = Vec::new();
        let mut clocks: [Vec<u64>; 3] = Default::default();
        for (number, (stream, other)) in choices.iter().enumerate() {
            if stream != other {
                streams[*other].record(&events[*other]).unwrap();
                streams[*stream].wait(&events[*other]).unwrap();
                let clock = clocks[*other].clone();
                clocks[*stream].extend(clock);
            }
            put(&streams[*stream], &launch(&log, number as u64), None).unwrap();
            before.push(clocks[*stream].clone());
            clocks[*stream].push(number as u64);
        }
        for stream in 1..3 {
            streams[stream].record(&events[stream]).unwrap();
            streams[0].wait(&events[stream]).unwrap();
        }
        let exec = streams[0].end_capture().unwrap().instantiate().unwrap();
        for run in 0..runs {
            // Launches of one exec on different streams do not overlap.
            launch_graph(&exec, &streams[run % 3]).unwrap();
        }
        streams.iter().for_each(|stream| stream.synchronize().unwrap());
        let ran = log.0.lock().unwrap();
        prop_assert_eq!(ran.len(), runs * choices.len());
        for run in ran.chunks(choices.len()) {
            let place = |number: u64| run.iter().position(|&n| n == number).unwrap();
            for (number, before) in before.iter().enumerate() {
                prop_assert!(before.iter().all(|&b| place(b) < place(number as u64)));
            }
        }
    }
}

#[test]
fn an_event_recorded_inside_of_a_capture_says_nothing_of_work_before_it() {
    let device = Device::host();
    let stream = device.stream().unwrap();
    let event = device.event().unwrap();
    stream.record(&event).unwrap();
    event.synchronize().unwrap();
    begin_capture(&stream).unwrap();
    stream.record(&event).unwrap();
    for _ in 0..2 {
        assert!(matches!(
            event.is_complete(),
            Err(DeviceError::Capture { .. })
        ));
        assert!(matches!(
            event.synchronize(),
            Err(DeviceError::Capture { .. })
        ));
        // Also behind the end of the capture.
        let _ = stream.end_capture();
    }
    stream.record(&event).unwrap();
    event.synchronize().unwrap();
    assert!(event.is_complete().unwrap());
}
