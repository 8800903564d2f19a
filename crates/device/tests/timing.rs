//! Events that keep times, on the host device: in streams, and in graphs.
#![expect(unsafe_code, reason = "has kernels")]

mod support;

use pixelflume_device::{
    Args, Device, DeviceError, Event, HostConfig, HostKernel, Launch, Stream, TaskFailure, Workers,
};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use support::{begin_capture, launch_graph, put};

/// Takes at least its argument in microseconds.
struct Sleep;

impl HostKernel for Sleep {
    unsafe fn run(&self, args: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        std::thread::sleep(Duration::from_micros(args.get()));
        Ok(())
    }
}

/// Waits until it is let go.
struct Gate(Mutex<Receiver<()>>);

impl HostKernel for Gate {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        let gate = self.0.lock().map_err(TaskFailure::new)?;
        gate.recv().map_err(TaskFailure::new)
    }
}

fn sleep(microseconds: u64) -> Launch {
    Launch::host(Arc::new(Sleep), Args::of(&microseconds))
}

fn gate() -> (Launch, Sender<()>) {
    let (open, gate) = channel();
    let kernel = Arc::new(Gate(Mutex::new(gate)));
    (Launch::host(kernel, Args::EMPTY), open)
}

fn device() -> Device {
    Device::host_with(HostConfig::default().with_threads(2))
}

fn events<const N: usize>(device: &Device) -> [Event; N] {
    std::array::from_fn(|_| device.timing_event().unwrap())
}

fn seconds(later: &Event, earlier: &Event) -> f64 {
    let seconds = later.seconds_since(earlier).unwrap();
    seconds.expect("both were recorded, and all work is done")
}

#[test]
fn events_tell_the_time_between_them_in_either_direction() {
    let device = device();
    let stream = device.stream().unwrap();
    let [start, middle, end] = events(&device);
    stream.record_time(&start).unwrap();
    put(&stream, &sleep(2000), None).unwrap();
    stream.record(&middle).unwrap();
    put(&stream, &sleep(1000), None).unwrap();
    stream.record_time(&end).unwrap();
    stream.synchronize().unwrap();
    assert!(seconds(&middle, &start) >= 2e-3);
    assert!(seconds(&end, &middle) >= 1e-3);
    assert_eq!(seconds(&start, &start), 0.0);
    let (there, back) = (seconds(&end, &start), seconds(&start, &end));
    assert_eq!(there, -back);
    assert!((there - seconds(&middle, &start) - seconds(&end, &middle)).abs() < 1e-9);
}

#[test]
fn there_is_no_time_before_the_newest_record_came_true() {
    let device = device();
    let stream = device.stream().unwrap();
    let [start, end] = events(&device);
    assert_eq!(end.seconds_since(&start).unwrap(), None, "never recorded");
    stream.record_time(&start).unwrap();
    stream.synchronize().unwrap();
    assert_eq!(end.seconds_since(&start).unwrap(), None);
    for _ in 0..2 {
        let (launch, open) = gate();
        put(&stream, &launch, None).unwrap();
        stream.record_time(&end).unwrap();
        assert_eq!(end.seconds_since(&start).unwrap(), None);
        assert!(!end.is_complete().unwrap());
        open.send(()).unwrap();
        end.synchronize().unwrap();
        assert!(seconds(&end, &start) > 0.0);
    }
}

#[test]
fn an_event_without_times_is_refused_by_name() {
    let device = device();
    let stream = device.stream().unwrap();
    let (plain, [timed]) = (device.event().unwrap(), events(&device));
    let refused = [
        stream.record_time(&plain).unwrap_err(),
        timed.seconds_since(&plain).unwrap_err(),
        plain.seconds_since(&timed).unwrap_err(),
    ];
    for (error, call) in refused.iter().zip([
        "Stream::record_time",
        "Event::seconds_since",
        "Event::seconds_since",
    ]) {
        assert!(
            matches!(error, DeviceError::EventWithoutTimes { call: c } if *c == call),
            "{error}"
        );
        assert!(error.to_string().contains("Device::timing_event"));
    }
    // Refused inside a capture as well, which is not spoiled by it.
    begin_capture(&stream).unwrap();
    stream.record_time(&plain).unwrap_err();
    put(&stream, &sleep(0), None).unwrap();
    assert_eq!(stream.end_capture().unwrap().launch_count(), 1);
}

/// A fork and a join with records around each of its four launches, and without them.
fn diamond(streams: &[Stream], sync: &[Event], times: Option<&[Event]>) {
    let step = |stream: usize, task: usize| {
        let record = |event: usize| {
            if let Some(times) = times {
                streams[stream].record_time(&times[event]).unwrap();
            }
        };
        record(2 * task);
        put(&streams[stream], &sleep(300), None).unwrap();
        record(2 * task + 1);
    };
    step(0, 0);
    streams[0].record(&sync[0]).unwrap();
    streams[1].wait(&sync[0]).unwrap();
    step(1, 1);
    streams[1].record(&sync[1]).unwrap();
    step(0, 2);
    streams[0].wait(&sync[1]).unwrap();
    step(0, 3);
}

#[test]
fn records_in_a_graph_tell_the_times_of_each_of_its_runs() {
    let device = device();
    let streams: Vec<_> = (0..2).map(|_| device.stream().unwrap()).collect();
    let sync: Vec<_> = (0..2).map(|_| device.event().unwrap()).collect();
    let times = events::<8>(&device);
    let [reference] = events(&device);
    streams[0].record_time(&reference).unwrap();
    begin_capture(&streams[0]).unwrap();
    diamond(&streams, &sync, Some(&times));
    let graph = streams[0].end_capture().unwrap();
    assert_eq!(graph.launch_count(), 4, "records are no launches");
    let mut exec = graph.instantiate().unwrap();
    for event in &times {
        assert_eq!(event.seconds_since(&reference).unwrap(), None);
    }
    let mut before = 0.0;
    for run in 0..3 {
        // A launch is patched by its number, which the records do not shift.
        exec.set_launch(3, &sleep(400 * run), None).unwrap();
        launch_graph(&exec, &streams[0]).unwrap();
        times[7].synchronize().unwrap();
        streams[0].synchronize().unwrap();
        let at = |event: usize| seconds(&times[event], &reference);
        assert!(at(0) > before, "these are times of this run");
        for task in 0..3 {
            assert!(at(2 * task + 1) - at(2 * task) >= 300e-6);
        }
        assert!(at(7) - at(6) >= 400e-6 * run as f64);
        assert!(at(1) <= at(2) && at(1) <= at(4), "the fork");
        assert!(at(3) <= at(6) && at(5) <= at(6), "the join");
        before = at(7);
    }
    // A graph of the same shape, with other events, is taken over.
    let others = events::<8>(&device);
    begin_capture(&streams[0]).unwrap();
    diamond(&streams, &sync, Some(&others));
    assert!(exec.update(&streams[0].end_capture().unwrap()).unwrap());
    launch_graph(&exec, &streams[0]).unwrap();
    streams[0].synchronize().unwrap();
    assert!(seconds(&others[0], &reference) > before);
    assert_eq!(seconds(&times[7], &reference), before);
    // One without records is another shape.
    begin_capture(&streams[0]).unwrap();
    diamond(&streams, &sync, None);
    assert!(!exec.update(&streams[0].end_capture().unwrap()).unwrap());
}

#[test]
fn a_graph_that_was_launched_holds_the_times_back_until_it_records() {
    let device = device();
    let stream = device.stream().unwrap();
    let [reference, end] = events(&device);
    stream.record_time(&reference).unwrap();
    begin_capture(&stream).unwrap();
    stream.record_time(&end).unwrap();
    let exec = stream.end_capture().unwrap().instantiate().unwrap();
    stream.synchronize().unwrap();
    for _ in 0..2 {
        let (launch, open) = gate();
        put(&stream, &launch, None).unwrap();
        launch_graph(&exec, &stream).unwrap();
        launch_graph(&exec, &stream).unwrap();
        assert_eq!(end.seconds_since(&reference).unwrap(), None);
        assert!(!end.is_complete().unwrap());
        open.send(()).unwrap();
        end.synchronize().unwrap();
        assert!(seconds(&end, &reference) > 0.0);
    }
}
