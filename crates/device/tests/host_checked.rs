//! The checked host device: every missing wait is found, and nothing else is.
#![expect(unsafe_code, reason = "has kernels")]

mod support;

use pixelflume_device::{
    Access, Address, Args, Device, DeviceError, Event, HostConfig, HostKernel, Launch, Stream,
    TaskFailure, TaskObserver, Ticket, Workers,
};
use proptest::prelude::*;
use std::sync::Arc;
use support::{begin_capture, launch_graph, put};

struct Nothing;

impl HostKernel for Nothing {
    unsafe fn run(&self, _args: &Args, _workers: &Workers<'_>) -> Result<(), TaskFailure> {
        Ok(())
    }
}

struct Names;

impl TaskObserver for Names {
    fn name(&self, task: u32) -> String {
        format!("node {task}")
    }
    fn starting(&self, _task: u32) -> bool {
        true
    }
    fn finished(&self, _task: u32, _result: Result<(), TaskFailure>) {}
}

fn device() -> Device {
    Device::host_with(HostConfig::default().with_threads(2).with_checked(true))
}

fn work(stream: &Stream, task: u32, accesses: &[Access]) -> Result<(), DeviceError> {
    let mut launch = Launch::host(Arc::new(Nothing), Args::EMPTY);
    launch.set_accesses(accesses);
    put(
        stream,
        &launch,
        Some(&Ticket {
            observer: Arc::new(Names),
            task,
        }),
    )
}

fn range(slot: u64, write: bool) -> Access {
    let address = Address::new(4096 + slot * 100);
    if write {
        Access::write(address, 100)
    } else {
        Access::read(address, 100)
    }
}

#[test]
fn a_missing_wait_is_named_and_a_wait_mends_it() {
    let device = device();
    let (a, b) = (device.stream().unwrap(), device.stream().unwrap());
    let event = device.event().unwrap();
    work(&a, 1, &[range(0, true)]).unwrap();
    let error = work(&b, 2, &[range(0, false), range(1, true)]).unwrap_err();
    let DeviceError::Unordered { first, second, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!((first.as_str(), second.as_str()), ("node 1", "node 2"));
    a.record(&event).unwrap();
    b.wait(&event).unwrap();
    work(&b, 2, &[range(0, false), range(1, true)]).unwrap();
    // Two reads do not conflict, a write after both does until it is ordered.
    work(&a, 3, &[range(0, false)]).unwrap();
    assert!(
        work(&a, 4, &[range(0, true)]).is_err(),
        "node 2 reads it on another stream"
    );
    b.synchronize().unwrap();
    work(&a, 4, &[range(0, true)]).unwrap();
}

#[test]
fn what_the_host_saw_is_ordered() {
    let device = device();
    let (a, b) = (device.stream().unwrap(), device.stream().unwrap());
    let event = device.event().unwrap();
    work(&a, 1, &[range(0, true)]).unwrap();
    a.record(&event).unwrap();
    event.synchronize().unwrap();
    work(&b, 2, &[range(0, true)]).unwrap();
    device.synchronize().unwrap();
    work(&a, 3, &[range(0, true)]).unwrap();
    while !a.is_idle().unwrap() {
        std::thread::yield_now();
    }
    work(&b, 4, &[range(0, true)]).unwrap();
}

#[test]
fn graphs_are_checked_inside_and_against_other_work() {
    let device = device();
    let streams: Vec<Stream> = (0..2).map(|_| device.stream().unwrap()).collect();
    let events: Vec<Event> = (0..2).map(|_| device.event().unwrap()).collect();
    let capture = |joined_slot: u64| {
        begin_capture(&streams[0]).unwrap();
        streams[0].record(&events[0]).unwrap();
        streams[1].wait(&events[0]).unwrap();
        work(&streams[0], 1, &[range(0, true)]).unwrap();
        work(&streams[1], 2, &[range(joined_slot, true)]).unwrap();
        streams[1].record(&events[1]).unwrap();
        streams[0].wait(&events[1]).unwrap();
        streams[0].end_capture().unwrap().instantiate().unwrap()
    };
    let bad = capture(0);
    let error = launch_graph(&bad, &streams[0]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("nothing orders node 1 and node 2"),
        "{error}"
    );
    let good = capture(1);
    launch_graph(&good, &streams[0]).unwrap();
    launch_graph(&good, &streams[1]).unwrap();
    let error = work(&streams[0], 3, &[range(1, false)]).unwrap_err();
    assert!(error.to_string().contains("node 2 and node 3"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 3 } else { 200 }))]

    /// Against a plain model: happens-before as sets of submissions, every pair compared.
    #[test]
    fn the_verdict_is_that_of_the_model(
        steps in prop::collection::vec((0usize..3, 0u8..4, 0usize..3, 0u64..3, any::<bool>()), 1..60)
    ) {
        let device = device();
        let streams: Vec<Stream> = (0..3).map(|_| device.stream().unwrap()).collect();
        let events: Vec<Event> = (0..3).map(|_| device.event().unwrap()).collect();
        let mut clocks: Vec<Vec<usize>> = vec![Vec::new(); 3];
        let mut recorded: Vec<Vec<usize>> = vec![Vec::new(); 3];
        let mut done: Vec<Access> = Vec::new();
        for (stream, kind, event, slot, write) in steps {
            match kind {
                0 => {
                    streams[stream].record(&events[event]).unwrap();
                    recorded[event] = clocks[stream].clone();
                }
                1 => {
                    streams[stream].wait(&events[event]).unwrap();
                    let clock = recorded[event].clone();
                    clocks[stream].extend(clock);
                }
                _ => {
                    let access = range(slot, write);
                    let ordered = done.iter().enumerate()
                        .all(|(index, old)| !old.conflicts_with(&access) || clocks[stream].contains(&index));
                    let result = work(&streams[stream], done.len() as u32, &[access]);
                    prop_assert_eq!(result.is_ok(), ordered);
                    if ordered {
                        clocks[stream].push(done.len());
                        done.push(access);
                    }
                }
            }
        }
    }
}
