//! Times of tasks by events, as on a GPU: in direct runs and in samples of graphs, on the host device.
#![expect(unsafe_code, reason = "runs kernels")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use pixelflume_device::{Args, HostConfig, HostKernel, TaskFailure, Workers};
use pixelflume_graph::TaskGraph;
use serde_json::Value;

use super::refusal_tests::Forked;
use super::*;
use crate::path::DirectReason;
use crate::path::InstantiateReason;
use crate::profile::{TaskLabels, TimeSource, Trace};
use RunPath::{Direct, Instantiated, Patched, Replayed};
use pixelflume_device::Launch;

fn trace(executor: &mut Executor, every: u32) -> Trace {
    let trace = Trace::new().with_sampling(every);
    executor.set_trace_by(Some(trace.clone()), TimeSource::Events);
    trace
}

fn events(trace: &Trace) -> Vec<Value> {
    let mut text = Vec::new();
    trace.write_chrome(&mut text).unwrap();
    let json: Value = serde_json::from_slice(&text).unwrap();
    json["traceEvents"].as_array().unwrap().clone()
}

/// Start and end of each task in microseconds: by run, and then by name.
fn tasks(trace: &Trace) -> BTreeMap<u64, BTreeMap<String, (f64, f64)>> {
    let mut runs = BTreeMap::<u64, BTreeMap<_, _>>::new();
    for event in events(trace).iter().filter(|event| event["cat"] == "task") {
        let start = event["ts"].as_f64().unwrap();
        let times = (start, start + event["dur"].as_f64().unwrap());
        let name = event["name"].as_str().unwrap().to_owned();
        let run = runs
            .entry(event["args"]["batch"].as_u64().unwrap())
            .or_default();
        assert!(run.insert(name, times).is_none(), "once per run");
    }
    runs
}

fn spans(trace: &Trace, name: &str) -> usize {
    let events = events(trace);
    events.iter().filter(|event| event["name"] == name).count()
}

/// Checks that every task has one time, after the time of the task that it waits for.
fn check_forked(run: &BTreeMap<String, (f64, f64)>) {
    let at = |i: usize| run[&format!("n{i}")];
    assert_eq!(run.len(), 6);
    for to in 1..6_usize {
        assert!(at(to.saturating_sub(2)).1 <= at(to).0);
        assert!(at(to).0 <= at(to).1);
    }
}

#[test]
fn direct_runs_and_samples_of_graphs_have_times_and_the_others_none() {
    let mut forked = Forked::new(ReplayConfig::default());
    let trace = trace(&mut forked.executor, 3);
    let paths = forked.runs(10, 1);
    let warm_up = Direct(DirectReason::WarmUp);
    let captured = Instantiated(InstantiateReason::FirstCapture);
    assert_eq!(paths[..3], [warm_up, warm_up, captured]);
    assert_eq!(paths[3..], [Replayed; 7], "a sample is a replay");
    // Of the graphs of runs 2 to 9 the second and each third one after it.
    let runs = tasks(&trace);
    assert_eq!(runs.keys().copied().collect::<Vec<_>>(), [0, 1, 3, 6, 9]);
    runs.values().for_each(check_forked);
    assert_eq!(spans(&trace, "capture"), 1);
    assert_eq!(spans(&trace, "capture with times"), 1);
    let statistics = forked.executor.replay_statistics();
    assert_eq!((statistics.captured, statistics.replayed), (1, 7));
    for path in [warm_up, captured, Replayed] {
        assert_eq!(spans(&trace, &path.to_string()), 1, "{path}");
    }
    // Without the trace there are no samples; with another one they go on.
    forked.executor.set_trace(None);
    let before = trace.len();
    assert_eq!(forked.runs(3, 1), [Replayed; 3]);
    assert_eq!(trace.len(), before);
}

#[test]
fn samples_have_the_labels_of_their_run() {
    let mut forked = Forked::new(ReplayConfig::default());
    let trace = trace(&mut forked.executor, 1);
    let label = |text: &str| TaskLabels::from_iter([None, None, Some(text.to_owned())]);
    for text in ["direct", "", "captured", "replayed", ""] {
        if !text.is_empty() {
            forked.executor.label_next_run(&label(text));
        }
        forked.run(1);
    }
    for (batch, name) in ["direct", "n2", "captured", "replayed", "n2"]
        .into_iter()
        .enumerate()
    {
        let names = BTreeSet::from_iter(["n0", "n1", name, "n3", "n4", "n5"]);
        let run = &tasks(&trace)[&(batch as u64)];
        assert_eq!(
            run.keys().map(String::as_str).collect::<BTreeSet<_>>(),
            names
        );
    }
}

#[test]
fn samples_are_never_stale() {
    let mut forked = Forked::new(ReplayConfig::default().with_ring(1));
    let trace = trace(&mut forked.executor, 1);
    forked.runs(4, 1);
    // `run` checks that the results are those of its value.
    for value in 2..6 {
        assert_eq!(forked.run(value), Patched { nodes: 6 });
        assert_eq!(forked.run(value), Replayed);
    }
    forked.executor.refusals.patches = 1;
    forked.runs(4, 6);
    let runs = tasks(&trace);
    assert_eq!(runs.len(), 16, "every run");
    runs.values().for_each(check_forked);
}

#[test]
fn a_run_that_cannot_be_captured_with_times_is_replayed_without() {
    let mut forked = Forked::new(ReplayConfig::default());
    let trace = trace(&mut forked.executor, 1);
    forked.executor.set_trace(None);
    forked.runs(4, 1);
    forked
        .executor
        .set_trace_by(Some(trace.clone()), TimeSource::Events);
    forked.executor.refusals.captures = 1;
    assert_eq!(forked.runs(3, 1), [Replayed; 3]);
    assert!(tasks(&trace).is_empty());
    assert_eq!(spans(&trace, "capture with times"), 1, "no second try");
    // Other launches get another try.
    assert_eq!(forked.run(2), Patched { nodes: 6 });
    assert_eq!(tasks(&trace).len(), 1);
    // A sample that is refused is a direct run, with its own times.
    forked.executor.refusals.launches = 1;
    assert_eq!(forked.run(2), Direct(DirectReason::LaunchRefused));
    let runs = tasks(&trace);
    assert_eq!(runs.len(), 2);
    runs.values().for_each(check_forked);
}

/// A kernel that sleeps, or fails.
struct Step(Result<u64, ()>);

impl HostKernel for Step {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        let microseconds = self.0.map_err(|()| TaskFailure::new("broken"))?;
        std::thread::sleep(Duration::from_micros(microseconds));
        Ok(())
    }
}

#[test]
fn tasks_that_are_skipped_have_no_time_and_failed_ones_have() {
    let mut graph = TaskGraph::new();
    let names = ["input", "good", "bad\0", "after"];
    let nodes = names.map(|name| graph.add_node(name).unwrap());
    for (from, to) in [(0, 1), (0, 2), (2, 3)] {
        graph.add_edge(nodes[from], nodes[to]).unwrap();
    }
    let device = Device::host_with(HostConfig::default().with_threads(2));
    let mut executor = Executor::new(&device, 2).unwrap();
    let trace = trace(&mut executor, 1);
    let schedule = Schedule::new(&graph, 2).unwrap();
    let launches = [None, Some(Ok(700)), Some(Err(())), Some(Ok(1))].map(|step| {
        Vec::from_iter(step.map(|step| Launch::host(Arc::new(Step(step)), Args::EMPTY)))
    });
    for batch in 0..2 {
        let start = trace.len();
        // SAFETY: the kernels touch no memory by address.
        unsafe { executor.run(&schedule, &launches) }.unwrap();
        assert_eq!(executor.finish().unwrap().failures().len(), 1);
        assert!(trace.len() > start);
        let run = &tasks(&trace)[&batch];
        let timed: Vec<_> = run.keys().map(String::as_str).collect();
        assert_eq!(timed, ["bad\0", "good"]);
        assert!(run["good"].1 - run["good"].0 >= 700.0);
    }
}
