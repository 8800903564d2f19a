//! Costs of the task rings alone, per task: submitting, dispatching without the driver's call, and completing with release.
//!
//! Each group times one of the three over many tasks and does the others untimed; nothing waits for room.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use pixelflume_scheduler::rings::{
    self, Completer, Dependency, Issue, Payload, Request, RingConfig, Submitter, TaskId,
    TaskOutcome,
};
use std::convert::Infallible;
use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

/// Tasks between two looks at the clock.
const ROUND: u64 = 64;
const ARGUMENTS: [u8; 128] = [3; 128];

/// A descriptor like a resolved launch: a handle and its geometry.
type Descriptor = [u64; 8];

type Rings = (Submitter<Descriptor>, Completer<Descriptor>);

fn open(window: u64) -> Rings {
    let config = RingConfig::new()
        .task_window(window)
        .payload_ring(window * ARGUMENTS.len() as u64)
        .arena(1 << 30);
    rings::open(&config).expect("the sizes are in range")
}

fn submit(submitter: &Submitter<Descriptor>, producers: &[Dependency]) -> TaskId {
    let request = Request {
        dependencies: producers,
        payload_bytes: ARGUMENTS.len() as u64,
        transient_bytes: 640,
        ..Request::default()
    };
    let submitted = submitter.try_submit(&request, |place, payload| {
        payload.append(black_box(&ARGUMENTS));
        [place.task.number(); 8]
    });
    submitted.expect("there is room").task
}

fn issue(completer: &mut Completer<Descriptor>) -> Option<TaskId> {
    let mut dispatch = |_: TaskId, descriptor: &mut Descriptor, payload: Payload<'_>| {
        black_box((descriptor, payload.as_ptr()));
        Ok::<(), Infallible>(())
    };
    match completer.issue_next(&mut dispatch)? {
        Issue::Issued(task) => Some(task),
        Issue::Skipped(task) => panic!("{task} was skipped"),
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
                        let first = batch.submit(&Request::default(), |_, _| [0; 8]);
                        let first = first.expect("there is room").task;
                        let producers = [Dependency::issued(first); 4];
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

fn dispatching(c: &mut Criterion) {
    let mut group = c.benchmark_group("rings/dispatch");
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
                        let first = batch.submit(&Request::default(), |_, _| [0; 8]);
                        let first = first.expect("there is room").task;
                        let producers = [Dependency::issued(first); 4];
                        for _ in 1..ROUND {
                            submit(&submitter, &producers[..dependencies]);
                        }
                        batch.close();
                        let issued: [Option<TaskId>; ROUND as usize] =
                            std::array::from_fn(|_| issue(&mut completer));
                        let begun = Instant::now();
                        for task in issued.into_iter().flatten() {
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
                            payload_bytes: ARGUMENTS.len() as u64,
                            transient_bytes: 640,
                            ..Request::default()
                        };
                        for _ in 0..tasks {
                            let submitted = submitter.submit(&request, |place, payload| {
                                payload.append(&ARGUMENTS);
                                [place.task.number(); 8]
                            });
                            drop(submitted.expect("the other thread completes"));
                        }
                    });
                    let mut ended = 0;
                    while ended < tasks {
                        match issue(&mut completer) {
                            Some(task) => {
                                complete(&mut completer, task);
                                ended += 1;
                            }
                            None => {
                                completer.wait_for_work(Duration::from_secs(1));
                            }
                        }
                    }
                });
                begun.elapsed()
            });
        });
    }
    group.finish();
}

criterion_group!(
    benches,
    submitting,
    producers,
    dispatching,
    completing,
    both_ends
);
criterion_main!(benches);
