//! Traces: what is recorded, and that it is the JSON that Chrome and Perfetto read.

#[path = "support/unsafely.rs"]
mod unsafely;

use std::sync::Arc;

use pixelflume_device::{Args, Device, HostConfig, HostKernel, Launch, TaskFailure, Workers};
use pixelflume_graph::TaskGraph;
use pixelflume_scheduler::{ExecutionMode, Executor, Schedule, TaskLabels, Trace};
use serde_json::Value;

struct Sleep;

#[expect(unsafe_code, reason = "a kernel")]
impl HostKernel for Sleep {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        std::thread::sleep(std::time::Duration::from_micros(200));
        Ok(())
    }
}

/// An input without launches, a fork of two tasks, and a join, whose name is a trap for whoever writes JSON by hand.
const NAMES: [&str; 4] = ["input", "left", "right", "jo\"in\\\n\u{1}\u{e9}"];

fn run(trace: Option<&Trace>, runs: usize) -> Executor {
    let mut graph = TaskGraph::new();
    let nodes = NAMES.map(|name| graph.add_node(name).unwrap());
    for (from, to) in [(0, 1), (0, 2), (1, 3), (2, 3)] {
        graph.add_edge(nodes[from], nodes[to]).unwrap();
    }
    let device = Device::host_with(HostConfig::default().with_threads(2));
    let mut executor = Executor::new(&device, 2).unwrap();
    executor.set_mode(ExecutionMode::Replay);
    executor.set_trace(trace.cloned());
    let schedule = Schedule::new(&graph, 2).unwrap();
    let launch = Launch::host(Arc::new(Sleep), Args::EMPTY);
    let launches: Vec<_> = (0..4).map(|i| vec![launch.clone(); i.min(2)]).collect();
    for _ in 0..runs {
        unsafely::run(&mut executor, &schedule, &launches).unwrap();
        assert!(executor.finish().unwrap().is_success());
    }
    executor
}

fn json(trace: &Trace) -> Value {
    let mut text = Vec::new();
    trace.write_chrome(&mut text).unwrap();
    serde_json::from_slice(&text).unwrap()
}

fn events<'a>(json: &'a Value, phase: &str, name: &str) -> Vec<&'a Value> {
    let all = json["traceEvents"].as_array().unwrap();
    let wanted = |event: &&Value| event["ph"] == phase && event["name"] == name;
    all.iter().filter(wanted).collect()
}

fn span(event: &Value) -> (f64, f64) {
    let start = event["ts"].as_f64().unwrap();
    (start, start + event["dur"].as_f64().unwrap())
}

#[test]
fn a_trace_shows_runs_captures_and_tasks() {
    let trace = Trace::new();
    run(Some(&trace), 6);
    let json = json(&trace);
    // Two direct runs, one that is captured, three that are replayed.
    for (name, count) in [
        ("run", 6),
        ("finish", 6),
        ("capture", 1),
        ("instantiate", 1),
        ("launch", 4),
    ] {
        assert_eq!(events(&json, "X", name).len(), count, "{name}");
    }
    for name in &NAMES[1..] {
        assert_eq!(events(&json, "X", &format!("submit {name}")).len(), 2);
        // On the device in every run, on one stream, after what it waits for, and as long as both its launches.
        let tasks = events(&json, "X", name);
        assert_eq!(tasks.len(), 6, "{name}");
        let launches = if *name == "left" { 1.0 } else { 2.0 };
        for (batch, task) in tasks.iter().enumerate() {
            assert_eq!(task["args"]["batch"], batch);
            assert_eq!(
                (&task["pid"], &task["tid"]),
                (&tasks[0]["pid"], &tasks[0]["tid"])
            );
            assert!(task["dur"].as_f64().unwrap() >= 200.0 * launches);
        }
    }
    assert!(events(&json, "X", "input").is_empty(), "it has no launch");
    let [left, right, join] = [1, 2, 3].map(|i| events(&json, "X", NAMES[i]));
    assert_ne!(left[0]["tid"], right[0]["tid"], "each has its stream");
    for batch in 0..6 {
        assert!(span(left[batch]).1 <= span(join[batch]).0);
        assert!(span(right[batch]).1 <= span(join[batch]).0);
        let (start, _) = span(events(&json, "X", "run")[batch]);
        let (_, end) = span(events(&json, "X", "finish")[batch]);
        assert!(start <= span(left[batch]).0 && span(join[batch]).1 <= end);
    }
    // How runs are submitted, where it changes: inside the run that is the first of its kind.
    let ways = [
        ("direct (topology changed)", None),
        ("direct (warm-up)", Some(0)),
        ("instantiated (first capture)", Some(2)),
        ("replayed", Some(3)),
    ];
    for (way, batch) in ways {
        let found = events(&json, "i", way);
        assert_eq!(found.len(), usize::from(batch.is_some()), "{way}");
        if let Some(batch) = batch {
            let at = found[0]["ts"].as_f64().unwrap();
            let (start, end) = span(events(&json, "X", "run")[batch]);
            assert!(start <= at && at <= end);
            assert_eq!(found[0]["args"]["batch"], batch);
        }
    }
    // Each row that is used has a name.
    let rows = events(&json, "M", "thread_name");
    for event in [events(&json, "X", "run")[0], left[0], right[0], join[0]] {
        let named = rows
            .iter()
            .filter(|row| row["pid"] == event["pid"] && row["tid"] == event["tid"]);
        assert_eq!(named.count(), 1);
    }
    assert_eq!(events(&json, "M", "process_name").len(), 2);
}

#[test]
fn a_trace_is_bounded_and_may_be_shared() {
    let trace = Trace::with_capacity(10);
    let executors = [run(Some(&trace), 3), run(Some(&trace), 3)];
    assert_eq!(trace.len(), 10);
    assert!(trace.dropped() > 10);
    let json = json(&trace);
    assert_eq!(
        json["otherData"]["dropped events"],
        trace.dropped().to_string()
    );
    assert_eq!(
        events(&json, "M", "process_name").len(),
        1 + executors.len()
    );

    let none = Trace::default();
    run(None, 2);
    assert!(none.is_empty());
}

#[test]
fn labels_name_the_tasks_of_one_run() {
    let mut graph = TaskGraph::new();
    let nodes = ["gray", "smooth", "edges"].map(|name| graph.add_node(name).unwrap());
    graph.add_edge(nodes[0], nodes[1]).unwrap();
    graph.add_edge(nodes[1], nodes[2]).unwrap();
    let schedule = Schedule::new(&graph, 1).unwrap();
    let mut executor = Executor::new(&Device::host(), 1).unwrap();
    executor.set_mode(ExecutionMode::Replay);
    let trace = Trace::new();
    executor.set_trace(Some(trace.clone()));
    let launch = Launch::host(Arc::new(Sleep), Args::EMPTY);
    // As if the last task did the work of all: the others have no launches, and no boxes.
    let launches = [vec![], vec![], vec![launch]];
    let all = "gray + smooth + edges";
    let labels: TaskLabels = [None, None, Some(all.to_owned())].into_iter().collect();
    // Two direct runs, one that is captured, and replays; a label that is missing is the name of the node.
    let short: TaskLabels = [Some("nothing".to_owned())].into_iter().collect();
    for labels in [Some(&labels), None, None, Some(&labels), Some(&short), None] {
        if let Some(labels) = labels {
            executor.label_next_run(labels);
        }
        unsafely::run(&mut executor, &schedule, &launches).unwrap();
        // For the run after this one, and for that alone, though this one is not finished.
        executor.label_next_run(&TaskLabels::default());
        assert!(executor.finish().unwrap().is_success());
    }
    let json = json(&trace);
    let batches = |name: &str| -> Vec<u64> {
        let boxes = events(&json, "X", name);
        let batch = |event: &&Value| event["args"]["batch"].as_u64().unwrap();
        boxes.iter().map(batch).collect()
    };
    assert_eq!(batches(all), [0, 3]);
    assert_eq!(batches("edges"), [1, 2, 4, 5]);
    assert_eq!(batches(&format!("submit {all}")), [0]);
    assert_eq!(batches("submit edges"), [1]);
    for name in ["gray", "smooth", "nothing", "submit gray", "submit nothing"] {
        assert!(batches(name).is_empty(), "{name}");
    }
}
