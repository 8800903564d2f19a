//! Costs of the scheduler itself: making a schedule, and running one whose kernels do nothing.
#![expect(unsafe_code, reason = "runs kernels")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pixelflume_device::{Args, Device, HostKernel, Launch, TaskFailure, Workers};
use pixelflume_graph::{NodeId, TaskGraph};
use pixelflume_scheduler::{Executor, Schedule};

struct Nothing;

impl HostKernel for Nothing {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        Ok(())
    }
}

/// Every node but the first reads up to three of the eight before it: many forks and joins, and redundant edges.
fn graph(len: usize) -> TaskGraph {
    let mut graph = TaskGraph::new();
    // SplitMix64 (Steele, Lea, Flood 2014): the same graph in every run.
    let mut state = 7u64;
    let mut below = |bound: usize| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    };
    for i in 0..len {
        let to = graph.add_node(format!("n{i}")).expect("the names differ");
        for _ in 0..3.min(i) {
            let from = NodeId::from_index(i - 1 - below(8.min(i)));
            graph.add_edge(from, to).expect("edges point forward");
        }
    }
    graph
}

fn chain(len: usize) -> TaskGraph {
    let mut graph = TaskGraph::new();
    for i in 0..len {
        let to = graph.add_node(format!("n{i}")).expect("the names differ");
        if let Some(from) = i.checked_sub(1) {
            graph
                .add_edge(NodeId::from_index(from), to)
                .expect("edges point forward");
        }
    }
    graph
}

fn schedule(c: &mut Criterion) {
    let mut group = c.benchmark_group("schedule/new");
    for nodes in [100, 1000] {
        let graph = graph(nodes);
        group.throughput(Throughput::Elements(nodes as u64));
        for streams in [4, 32] {
            let id = BenchmarkId::new(format!("{streams} streams"), nodes);
            group.bench_function(id, |b| b.iter(|| Schedule::new(black_box(&graph), streams)));
        }
    }
    group.finish();
}

/// Submitting, running and finishing, on the host, per node.
fn run(c: &mut Criterion) {
    let mut group = c.benchmark_group("schedule/run");
    let launch = Launch::host(Arc::new(Nothing), Args::EMPTY);
    for (name, graph) in [
        ("chain", chain(100)),
        ("forks and joins", graph(100)),
        ("forks and joins", graph(1000)),
    ] {
        let launches = vec![[launch.clone()]; graph.len()];
        group.throughput(Throughput::Elements(graph.len() as u64));
        for streams in [1, 4] {
            let mut executor =
                Executor::new(&Device::host(), streams).expect("the host has streams");
            let schedule =
                Schedule::new(&graph, streams).expect("the number of streams is in range");
            let id = BenchmarkId::new(format!("{name}, {streams} streams"), graph.len());
            group.bench_function(id, |b| {
                b.iter(|| {
                    // SAFETY: the kernels touch no memory.
                    unsafe { executor.run(&schedule, &launches) }.expect("the host is not lost");
                    assert!(
                        executor
                            .finish()
                            .expect("the host is not lost")
                            .is_success()
                    );
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, schedule, run);
criterion_main!(benches);
