//! Several workers share the completer through a lock: random graphs of tasks, some of which fail, end as they should, each task
//! reads what its producers wrote, and no two tasks have the same memory.

use pixelflume_scheduler::rings::{
    self, BatchBudget, Completer, Dependency, ExportLease, Issue, OUTPUT_ALIGN, Output, Placement,
    Request, Ring, RingConfig, Submitter, TaskId, TaskOutcome, WorkGate,
};
use std::ops::{ControlFlow, Range};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, mpsc};
use std::thread;
use std::time::Duration;

/// Ends a test that hangs.
const LONG: Duration = Duration::from_secs(60);
const PRODUCERS: u64 = 2;
const WORKERS: usize = 4;
const BATCHES: u64 = 5_000;
const MOST_TASKS: u64 = 7;

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0) % end
    }
}

fn mix(value: u64) -> u64 {
    let z = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A producer of a job: its number, its output, what is to be in it, and whether the job fails with it.
struct Input {
    task: u64,
    output: Option<Output>,
    /// `None` where the producer ends as failed.
    value: Option<u64>,
    is_settled: bool,
}

/// What a task does.
struct Job {
    inputs: Vec<Input>,
    output: Option<Output>,
    value: u64,
    /// How it ends by itself.
    outcome: TaskOutcome,
}

/// What all threads see.
struct World {
    completer: Mutex<Completer<Job>>,
    work: WorkGate,
    submitter: Submitter<Job>,
    /// For each piece of the arena how many tasks there were before and with the last one that wrote there, and what it wrote.
    pieces: Box<[[AtomicU64; 2]]>,
    /// For each task that has ended its handle and its outcome, from the task `first` on.
    ended: Box<[OnceLock<(TaskId, TaskOutcome)>]>,
    first: u64,
}

fn pieces(output: &Output) -> Range<usize> {
    let first = (output.offset / OUTPUT_ALIGN) as usize;
    first..first + output.bytes.div_ceil(OUTPUT_ALIGN) as usize
}

impl World {
    /// Takes a ready task, waits for one where it may; `None` when there is none, or when the rings are closed and every task has
    /// ended.
    fn take(&self, may_wait: bool) -> Option<(TaskId, Job)> {
        let attempt = || {
            let mut completer = self.completer.lock().unwrap();
            loop {
                match completer.issue_next() {
                    Some(Issue::Issued(task, job)) => return ControlFlow::Break(Some((task, job))),
                    Some(Issue::Skipped(task, _)) => self.note(task, TaskOutcome::Failed),
                    None if !may_wait => return ControlFlow::Break(None),
                    None if self.work.is_closed() && completer.unreleased() == 0 => {
                        return ControlFlow::Break(None);
                    }
                    None => return ControlFlow::Continue(()),
                }
            }
        };
        let taken = self.work.wait_until(LONG, attempt);
        taken.expect("the submitters and the other workers go on")
    }

    /// Notes the end of a task; with the completer locked, so that its consumers find it.
    fn note(&self, task: TaskId, outcome: TaskOutcome) {
        let is_first = self.end_of(task.number()).set((task, outcome)).is_ok();
        assert!(is_first, "{task} ended twice");
    }

    fn end_of(&self, task: u64) -> &OnceLock<(TaskId, TaskOutcome)> {
        &self.ended[task.wrapping_sub(self.first) as usize]
    }

    fn write(&self, task: TaskId, output: &Output, value: u64) {
        for at in pieces(output) {
            let [owner, content] = &self.pieces[at];
            let nth = task.number().wrapping_sub(self.first) + 1;
            let before = owner.swap(nth, Relaxed);
            content.store(value, Relaxed);
            if before == 0 {
                continue;
            }
            // What a lease of a result holds is checked by who has the lease.
            let (before, _) = *self.ended[before as usize - 1].get().expect("it has ended");
            let status = self.submitter.status(before);
            let is_over = status.is_none_or(|status| status.is_consumed());
            assert!(is_over, "{task} wrote over {before}, which is {status:?}");
        }
    }

    fn read(&self, task: u64, output: &Output, value: u64) {
        for at in pieces(output) {
            let [owner, content] = &self.pieces[at];
            let nth = task.wrapping_sub(self.first) + 1;
            assert_eq!(owner.load(Relaxed), nth, "the owner of a piece");
            assert_eq!(content.load(Relaxed), value, "the output of task {task}");
        }
    }

    /// Executes tasks, and ends the youngest of up to three at once first.
    fn work(&self) {
        let mut executed = Vec::new();
        loop {
            match self.take(executed.is_empty()) {
                Some((task, job)) => {
                    self.execute(task, &job);
                    executed.push((task, job.outcome));
                    if executed.len() < 3 {
                        continue;
                    }
                }
                None if executed.is_empty() => return,
                None => {}
            }
            for (task, outcome) in executed.drain(..).rev() {
                let mut completer = self.completer.lock().unwrap();
                assert_eq!(completer.complete(task, outcome), Ok(()), "{task}");
                self.note(task, outcome);
            }
        }
    }

    fn execute(&self, task: TaskId, job: &Job) {
        for input in &job.inputs {
            let (_, outcome) = *self.end_of(input.task).get().expect("it ends before");
            let failed = outcome == TaskOutcome::Failed;
            assert_eq!(failed, input.value.is_none(), "task {}", input.task);
            assert!(!failed || input.is_settled, "{task} was issued");
            if let (Some(output), Some(value)) = (&input.output, input.value) {
                self.read(input.task, output, value);
            }
        }
        if let Some(output) = &job.output {
            self.write(task, output, job.value);
        }
    }

    /// Submits a graph; the lease on the result of its last task, and the value that is to be there unless the task fails.
    fn submit_graph(&self, random: &mut Random) -> (ExportLease, Option<u64>) {
        let tasks = 1 + random.below(MOST_TASKS);
        let lengths: Vec<u64> = (1..tasks).map(|_| random.below(4) * OUTPUT_ALIGN).collect();
        let budget = BatchBudget {
            tasks,
            transient_bytes: lengths.iter().sum(),
            largest_transient: lengths.iter().max().copied().unwrap_or(0),
            ..BatchBudget::default()
        };
        let batch = self.submitter.begin_batch_with(&budget);
        let mut batch = batch.expect("nobody holds the rings for long");
        let mut made: Vec<(TaskId, Option<Output>, Option<u64>)> = Vec::new();
        loop {
            let nth = made.len();
            let mut dependencies = Vec::new();
            let mut inputs = Vec::new();
            for _ in 0..random.below(4).min(nth as u64) {
                let (task, output, value) = made[random.below(nth as u64) as usize];
                let is_settled = random.below(2) == 0;
                dependencies.push(match is_settled {
                    true => Dependency::settled(task),
                    false => Dependency::completed(task),
                });
                inputs.push(Input {
                    task: task.number(),
                    output,
                    value,
                    is_settled,
                });
            }
            let outcome = match random.below(6) {
                0 => TaskOutcome::Failed,
                _ => TaskOutcome::Succeeded,
            };
            let read = inputs.iter().filter_map(|input| input.value);
            let value = read.fold(random.below(u64::MAX), |all, value| mix(all ^ value));
            let is_good = |input: &Input| input.is_settled || input.value.is_some();
            let succeeds = outcome == TaskOutcome::Succeeded && inputs.iter().all(is_good);
            let is_last = nth as u64 + 1 == tasks;
            let request = Request {
                dependencies: &dependencies,
                transient_bytes: if is_last { 0 } else { lengths[nth] },
                exported_bytes: if is_last { 2 * OUTPUT_ALIGN } else { 0 },
                ..Request::default()
            };
            let mut output = None;
            let submitted = batch.submit(&request, |place: &Placement| {
                output = place.transient.or(place.exported);
                Job {
                    inputs,
                    output,
                    value,
                    outcome,
                }
            });
            let submitted = submitted.expect("nobody holds the rings for long");
            let value = succeeds.then_some(value);
            if let Some(export) = submitted.export {
                return (export, value);
            }
            made.push((submitted.task, output, value));
        }
    }
}

/// Looks at each result when its task has ended, and again before it is dropped; the number of failures.
fn read(world: &World, results: &mpsc::Receiver<(ExportLease, Option<u64>)>) -> u64 {
    let is_intact = |(lease, value): &(ExportLease, Option<u64>)| {
        if let Some(value) = value {
            world.read(lease.task().number(), &lease.output(), *value);
        }
    };
    let mut failures = 0;
    let mut held = None;
    for (lease, value) in results {
        while lease.outcome().is_none() {
            thread::yield_now();
        }
        let succeeded = lease.outcome() == Some(TaskOutcome::Succeeded);
        assert_eq!(succeeded, value.is_some(), "{lease:?}");
        failures += u64::from(!succeeded);
        let result = (lease, value);
        is_intact(&result);
        held.iter().for_each(is_intact);
        held = Some(result);
    }
    failures
}

fn run(config: &RingConfig, first: u64) {
    let config = config.clone().first_task(first).stall_timeout(LONG);
    let (submitter, completer) = rings::open(&config).expect("the sizes are in range");
    let pieces = submitter.statistics().config.arena.value / OUTPUT_ALIGN;
    let world = World {
        work: completer.work_gate(),
        completer: Mutex::new(completer),
        submitter: submitter.clone(),
        pieces: (0..pieces).map(|_| Default::default()).collect(),
        ended: (0..PRODUCERS * BATCHES * MOST_TASKS)
            .map(|_| OnceLock::new())
            .collect(),
        first,
    };
    let failures = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(|| world.work())).collect();
        let producers: Vec<_> = (0..PRODUCERS)
            .map(|seed| {
                let world = &world;
                let (send, results) = mpsc::channel();
                let reader = scope.spawn(move || read(world, &results));
                scope.spawn(move || {
                    let mut random = Random(seed << 32);
                    for _ in 0..BATCHES {
                        let graph = world.submit_graph(&mut random);
                        send.send(graph).expect("it reads");
                    }
                });
                reader
            })
            .collect();
        let results = producers.into_iter().map(|reader| reader.join());
        let failures: u64 = results
            .map(|failures| failures.expect("all are right"))
            .sum();
        world.submitter.close();
        workers.into_iter().for_each(|w| w.join().expect("it ends"));
        failures
    });
    assert!((1..PRODUCERS * BATCHES).contains(&failures));
    submitter.drain().expect("everything has ended");
    let statistics = submitter.statistics();
    for ring in Ring::ALL {
        let ring = statistics.ring(ring);
        assert!(
            ring.used == 0 && ring.high_water <= ring.capacity,
            "{statistics}"
        );
    }
    let ended = world.ended.iter().filter(|task| task.get().is_some());
    assert_eq!(ended.count() as u64, statistics.submitted);
}

/// As small as the graphs allow, with numbers that wrap around.
#[test]
fn tiny_rings_end_random_graphs_as_their_failures_say() {
    let tiny = RingConfig::new()
        .task_window(4)
        .consumed_window(8)
        .edge_pool(8)
        .arena(28 * OUTPUT_ALIGN)
        .arena_exported(7 * OUTPUT_ALIGN)
        .export_slots(4);
    run(&tiny, u64::MAX - BATCHES);
}

#[test]
fn roomy_rings_end_random_graphs_as_their_failures_say() {
    run(&RingConfig::new().arena(1 << 20), 0);
}
