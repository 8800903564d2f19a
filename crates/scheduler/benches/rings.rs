//! Costs of the task rings alone, per task: submitting, issuing, and completing with release.
//!
//! Each group times one of the three over many tasks and does the others untimed; nothing waits for room.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pixelflume_scheduler::rings::{
    self, Completer, Dependency, Issue, Request, RingConfig, Submitter, TaskId, TaskOutcome,
};
use std::hint::black_box;
use std::ops::ControlFlow;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// Tasks between two looks at the clock.
const ROUND: u64 = 64;

/// A descriptor like a resolved launch: a handle and its geometry.
type Descriptor = [u64; 8];

type Rings = (Submitter<Descriptor>, Completer<Descriptor>);

fn open(window: u64) -> Rings {
    let config = RingConfig::new().task_window(window).arena(1 << 30);
    rings::open(&config).expect("the sizes are in range")
}

fn submit(submitter: &Submitter<Descriptor>, producers: &[Dependency]) -> TaskId {
    let request = Request {
        dependencies: producers,
        transient_bytes: 640,
        ..Request::default()
    };
    let submitted = submitter.try_submit(&request, |place| [place.task.number(); 8]);
    submitted.expect("there is room").task
}

fn issue(completer: &mut Completer<Descriptor>) -> Option<TaskId> {
    match completer.issue_next()? {
        Issue::Issued(task, descriptor) => {
            black_box(descriptor);
            Some(task)
        }
        Issue::Skipped(task, _) => panic!("{task} was skipped"),
    }
}

/// Issues and completes all there is.
fn run(completer: &mut Completer<Descriptor>) {
    while let Some(task) = issue(completer) {
        complete(completer, task);
    }
}

fn complete(completer: &mut Completer<Descriptor>, task: TaskId) {
    completer
        .complete(task, TaskOutcome::Succeeded)
        .expect("it is issued");
}

const WINDOWS: [u64; 4] = [64, 1024, 16384, 65536];

fn submitting(c: &mut Criterion) {
    let mut group = c.benchmark_group("rings/submit");
    group.throughput(Throughput::Elements(1));
    for window in WINDOWS {
        for dependencies in [0, 4] {
            let id = BenchmarkId::new(format!("{dependencies} dependencies"), window);
            let (submitter, mut completer) = open(window);
            group.bench_function(id, |b| {
                b.iter_custom(|tasks| {
                    let mut time = Duration::ZERO;
                    for _ in 0..tasks.div_ceil(ROUND) {
                        // Held by an open batch, so that they can be depended on.
                        let mut batch = submitter.begin_batch();
                        let first = batch.submit(&Request::default(), |_| [0; 8]);
                        let first = first.expect("there is room").task;
                        let producers = [Dependency::completed(first); 4];
                        let begun = Instant::now();
                        for _ in 1..ROUND {
                            submit(&submitter, &producers[..dependencies]);
                        }
                        time += begun.elapsed();
                        run(&mut completer);
                    }
                    time.mul_f64(ROUND as f64 / (ROUND - 1) as f64)
                });
            });
        }
    }
    group.finish();
}

/// Wall time per task while several threads submit and nothing else runs.
fn producers(c: &mut Criterion) {
    let mut group = c.benchmark_group("rings/producers");
    group.throughput(Throughput::Elements(1));
    for producers in [1, 2, 4] {
        let (submitter, mut completer) = open(16384);
        group.bench_function(BenchmarkId::from_parameter(producers), |b| {
            b.iter_custom(|tasks| {
                let mut time = Duration::ZERO;
                let rounds = tasks.div_ceil(8192);
                for _ in 0..rounds {
                    let start = Barrier::new(producers + 1);
                    time += thread::scope(|scope| {
                        let threads: Vec<_> = (0..producers)
                            .map(|_| {
                                scope.spawn(|| {
                                    start.wait();
                                    for _ in 0..8192 / producers {
                                        submit(&submitter, &[]);
                                    }
                                })
                            })
                            .collect();
                        start.wait();
                        let begun = Instant::now();
                        for thread in threads {
                            thread.join().expect("there is room");
                        }
                        begun.elapsed()
                    });
                    run(&mut completer);
                }
                time.mul_f64(tasks as f64 / (rounds * 8192) as f64)
            });
        });
    }
    group.finish();
}

fn issuing(c: &mut Criterion) {
    let mut group = c.benchmark_group("rings/issue");
    group.throughput(Throughput::Elements(1));
    for window in WINDOWS {
        let (submitter, mut completer) = open(window);
        group.bench_function(BenchmarkId::from_parameter(window), |b| {
            b.iter_custom(|tasks| {
                let mut time = Duration::ZERO;
                for _ in 0..tasks.div_ceil(ROUND) {
                    let submitted: [TaskId; ROUND as usize] =
                        std::array::from_fn(|_| submit(&submitter, &[]));
                    let begun = Instant::now();
                    for _ in 0..ROUND {
                        black_box(issue(&mut completer));
                    }
                    time += begun.elapsed();
                    for task in submitted {
                        complete(&mut completer, task);
                    }
                }
                time
            });
        });
    }
    group.finish();
}

fn completing(c: &mut Criterion) {
    let mut group = c.benchmark_group("rings/complete");
    group.throughput(Throughput::Elements(1));
    for window in WINDOWS {
        for dependencies in [0, 4] {
            let id = BenchmarkId::new(format!("{dependencies} dependencies"), window);
            let (submitter, mut completer) = open(window);
            group.bench_function(id, |b| {
                b.iter_custom(|tasks| {
                    let mut time = Duration::ZERO;
                    for _ in 0..tasks.div_ceil(ROUND) {
                        let mut batch = submitter.begin_batch();
                        let first = batch.submit(&Request::default(), |_| [0; 8]);
                        let first = first.expect("there is room").task;
                        let producers = [Dependency::completed(first); 4];
                        run(&mut completer);
                        let submitted: [TaskId; ROUND as usize] =
                            std::array::from_fn(|_| submit(&submitter, &producers[..dependencies]));
                        for _ in submitted {
                            issue(&mut completer);
                        }
                        batch.close();
                        let begun = Instant::now();
                        for task in submitted {
                            complete(&mut completer, task);
                        }
                        time += begun.elapsed();
                    }
                    time
                });
            });
        }
    }
    group.finish();
}

/// Everything at once: one thread submits, another issues and completes.
fn both_ends(c: &mut Criterion) {
    let mut group = c.benchmark_group("rings/two threads");
    group.throughput(Throughput::Elements(1));
    for window in [1024, 16384] {
        let (submitter, mut completer) = open(window);
        group.bench_function(BenchmarkId::from_parameter(window), |b| {
            b.iter_custom(|tasks| {
                let begun = Instant::now();
                thread::scope(|scope| {
                    scope.spawn(|| {
                        let request = Request {
                            transient_bytes: 640,
                            ..Request::default()
                        };
                        for _ in 0..tasks {
                            let submitted =
                                submitter.submit(&request, |place| [place.task.number(); 8]);
                            drop(submitted.expect("the other thread completes"));
                        }
                    });
                    let work = completer.work_gate();
                    for _ in 0..tasks {
                        let task = work.wait_until(Duration::MAX, || match issue(&mut completer) {
                            Some(task) => ControlFlow::Break(task),
                            None => ControlFlow::Continue(()),
                        });
                        complete(&mut completer, task.expect("waits have no end"));
                    }
                });
                begun.elapsed()
            });
        });
    }
    group.finish();
}

criterion_group!(
    benches, submitting, producers, issuing, completing, both_ends
);
criterion_main!(benches);
