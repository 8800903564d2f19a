//! What submitting a run costs, directly and as a graph: kernels that do nothing, on the host.
#![expect(unsafe_code, reason = "runs kernels")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pixelflume_device::{Args, Device, HostKernel, Launch, TaskFailure, Workers};
use pixelflume_graph::{NodeId, TaskGraph};
use pixelflume_scheduler::{ExecutionMode, Executor, Schedule};

struct Nothing;

impl HostKernel for Nothing {
    unsafe fn run(&self, _: &Args, _: &Workers<'_>) -> Result<(), TaskFailure> {
        Ok(())
    }
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

struct Runs {
    executor: Executor,
    schedule: Schedule,
    launches: Vec<Vec<Launch>>,
    values: u64,
}

impl Runs {
    fn new(nodes: usize, mode: ExecutionMode) -> Self {
        let mut executor = Executor::new(&Device::host(), 4).expect("the host has streams");
        executor.set_mode(mode);
        let schedule = Schedule::new(&chain(nodes), 4).expect("the number of streams is in range");
        // About as many bytes as an operator's arguments have.
        let launch = |_| vec![Launch::host(Arc::new(Nothing), Args::of(&[0u64; 12]))];
        let mut runs = Runs {
            executor,
            schedule,
            launches: (0..nodes).map(launch).collect(),
            values: 0,
        };
        for _ in 0..8 {
            runs.submit();
            runs.finish();
        }
        runs
    }

    fn submit(&mut self) {
        // SAFETY: the kernels touch no memory.
        unsafe { self.executor.run(&self.schedule, &self.launches) }.expect("the host is not lost");
    }

    fn finish(&mut self) {
        let outcome = self.executor.finish().expect("the host is not lost");
        assert!(outcome.is_success());
    }

    /// Other arguments for the first node.
    fn change(&mut self) {
        self.values += 1;
        self.launches[0][0].set_args(Args::of(&[self.values; 12]));
    }
}

/// `submit`: the time that the caller spends in `run`. `run`: with the wait for its end.
fn replay(c: &mut Criterion) {
    for nodes in [4, 16, 64] {
        let mut group = c.benchmark_group(format!("replay/{nodes} nodes"));
        group.throughput(Throughput::Elements(nodes as u64));
        for mode in [ExecutionMode::Direct, ExecutionMode::Replay] {
            let mut runs = Runs::new(nodes, mode);
            group.bench_function(BenchmarkId::new("submit", mode), |b| {
                b.iter_custom(|iterations| {
                    let mut spent = Duration::ZERO;
                    for _ in 0..iterations {
                        let start = Instant::now();
                        runs.submit();
                        spent += start.elapsed();
                        runs.finish();
                    }
                    spent
                });
            });
            group.bench_function(BenchmarkId::new("run", mode), |b| {
                b.iter(|| {
                    runs.submit();
                    runs.finish();
                });
            });
        }
        let mut runs = Runs::new(nodes, ExecutionMode::Replay);
        group.bench_function("run/replay, one launch patched", |b| {
            b.iter(|| {
                runs.change();
                runs.submit();
                runs.finish();
            });
        });
        group.finish();
    }
}

criterion_group!(benches, replay);
criterion_main!(benches);
