//! From the second run of a schedule on, runs allocate nothing, on no thread.
// Every range for NVTX allocates its text.
#![cfg(not(feature = "nvtx"))]

#[path = "support/unsafely.rs"]
mod unsafely;

use std::alloc::System;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Barrier, Mutex};

use pixelflume_device::{Args, Device, HostConfig, HostKernel, Launch, TaskFailure, Workers};
use pixelflume_graph::{NodeId, TaskGraph};
use pixelflume_heap_counter::{Counting, counted};
use pixelflume_scheduler::{ExecutionMode, Executor, RunPath, Schedule};
use unsafely::{put, run};

#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

/// Rounds that are counted, of one run of each plan, all of them: an allocation in every 1,200th run is one too many.
const ROUNDS: u64 = 2000;

struct Count(Arc<AtomicU64>);

#[expect(unsafe_code, reason = "a kernel")]
impl HostKernel for Count {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        self.0.fetch_add(1, SeqCst);
        Ok(())
    }
}

struct Gate(Mutex<Receiver<()>>);

#[expect(unsafe_code, reason = "a kernel")]
impl HostKernel for Gate {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        let opened = self.0.lock().map(|gate| gate.recv());
        opened.map_err(TaskFailure::new)?.map_err(TaskFailure::new)
    }
}

/// A kernel that returns when as many run at once.
struct Meet(Barrier);

#[expect(unsafe_code, reason = "a kernel")]
impl HostKernel for Meet {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        self.0.wait();
        Ok(())
    }
}

/// Returns when both workers of a device run: a thread that starts allocates.
fn start_workers(device: &Device) {
    let launch = Launch::host(Arc::new(Meet(Barrier::new(2))), Args::EMPTY);
    let streams = [device.stream().unwrap(), device.stream().unwrap()];
    for stream in &streams {
        put(stream, &launch, None).unwrap();
    }
    for stream in &streams {
        stream.synchronize().unwrap();
    }
}

/// Diamonds of three branches each, one after another.
fn diamonds(count: usize) -> TaskGraph {
    let mut graph = TaskGraph::new();
    let mut fork = graph.add_node("input").unwrap();
    for d in 0..count {
        let branches: [NodeId; 3] =
            std::array::from_fn(|b| graph.add_node(format!("{d}.{b}")).unwrap());
        let join = graph.add_node(format!("join {d}")).unwrap();
        for branch in branches {
            graph.add_edge(fork, branch).unwrap();
            graph.add_edge(branch, join).unwrap();
        }
        fork = join;
    }
    graph
}

/// One test for all ways of running, since the counter is one for the process.
#[test]
fn thousands_of_runs_reuse_everything() {
    runs_allocate_nothing(ExecutionMode::Direct, false);
    runs_allocate_nothing(ExecutionMode::Replay, false);
    runs_allocate_nothing(ExecutionMode::Replay, true);
}

/// With new arguments for one launch in every run, or with the same all the time.
fn runs_allocate_nothing(mode: ExecutionMode, patch: bool) {
    // A checked device is made for tests, and allocates.
    let config = HostConfig::default().with_threads(2).with_checked(false);
    let device = Device::host_with(config);
    start_workers(&device);
    let mut executor = Executor::new(&device, 4).unwrap();
    executor.set_mode(mode);
    let ran = Arc::new(AtomicU64::new(0));
    let kernel: Arc<dyn HostKernel> = Arc::new(Count(ran.clone()));
    // Two shapes in turns, as a pipeline with two plans; the inputs have no launches.
    let mut plans = [6, 9].map(|count| {
        let graph = diamonds(count);
        let launches: Vec<Vec<Launch>> = graph
            .nodes()
            .map(|node| match graph.predecessors(node).is_empty() {
                true => vec![],
                false => vec![Launch::host(kernel.clone(), Args::EMPTY); 2],
            })
            .collect();
        (Schedule::new(&graph, 4).unwrap(), launches)
    });
    let per_round: u64 = plans
        .iter()
        .map(|(_, launches)| launches.iter().map(|l| l.len() as u64).sum::<u64>())
        .sum();

    // Warm-up, behind a gate on the main stream, so that the queues grow as long as they can ever get.
    let (open, gate) = channel();
    let gate = Launch::host(Arc::new(Gate(Mutex::new(gate))), Args::EMPTY);
    for (schedule, launches) in &plans {
        put(&executor.streams()[0], &gate, None).unwrap();
        run(&mut executor, schedule, launches).unwrap();
        open.send(()).unwrap();
        assert!(executor.finish().unwrap().is_success());
    }
    for round in 0..20u64 {
        for (schedule, launches) in &mut plans {
            if patch {
                launches[3][1].set_args(Args::of(&!round));
            }
            run(&mut executor, schedule, launches).unwrap();
            assert!(executor.finish().unwrap().is_success());
        }
    }

    let mut count = |rounds: u64| {
        for round in 0..rounds {
            for (schedule, launches) in &mut plans {
                if patch {
                    launches[3][1].set_args(Args::of(&round));
                }
                run(&mut executor, schedule, launches).unwrap();
                let outcome = executor.finish().unwrap();
                assert!(outcome.is_success());
                let path = executor.last_path().unwrap();
                assert_eq!(
                    matches!(path, RunPath::Direct(_)),
                    mode == ExecutionMode::Direct
                );
                assert_eq!(matches!(path, RunPath::Patched { .. }), patch);
            }
        }
    };
    let runs = ran.load(SeqCst);
    let (heap, ()) = counted(|| count(ROUNDS));
    assert_eq!(ran.load(SeqCst) - runs, ROUNDS * per_round);
    assert_eq!(
        heap, 0,
        "allocations in {ROUNDS} rounds, {mode}, patched: {patch}"
    );
}
