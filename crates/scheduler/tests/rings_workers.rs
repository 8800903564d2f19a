//! Several workers share the completer through a lock: random graphs of tasks, some of which fail, end as they should, each task
//! reads what its producers wrote, and no two tasks have the same memory.

use pixelflume_scheduler::rings::{
    self, BatchBudget, Completer, Dependency, ExportLease, Issue, OUTPUT_ALIGN, Output, Payload,
    Placement, Request, RingConfig, Submitter, TaskId, TaskOutcome, WorkGate,
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

/// How a task ends by itself.
#[derive(Copy, Clone, Eq, PartialEq)]
enum End {
    Succeeds,
    Fails,
    IsRefused,
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
    end: End,
}

/// What all threads see.
struct World {
    completer: Mutex<Completer<Option<Job>>>,
    work: WorkGate,
    submitter: Submitter<Option<Job>>,
    /// For each piece of the arena the last task that wrote there, plus 1, and what it wrote.
    pieces: Box<[[AtomicU64; 2]]>,
    /// For each task its handle, and whether it has failed.
    ended: Box<[OnceLock<(TaskId, bool)>]>,
}

fn pieces(output: &Output) -> Range<usize> {
    let first = (output.offset / OUTPUT_ALIGN) as usize;
    first..first + output.bytes.div_ceil(OUTPUT_ALIGN) as usize
}

impl World {
    /// Takes a ready task; `None` when the rings are closed and every task has ended.
    fn take(&self) -> Option<(TaskId, Job)> {
        let attempt = || {
            let mut completer = self.completer.lock().unwrap();
            let mut taken = None;
            let mut hand_over = |_: TaskId, job: &mut Option<Job>, _: Payload<'_>| {
                if job.as_ref().is_some_and(|job| job.end == End::IsRefused) {
                    return Err(());
                }
                taken = job.take();
                Ok(())
            };
            loop {
                match completer.issue_next(&mut hand_over) {
                    Some(Issue::Issued(task)) => {
                        return ControlFlow::Break(taken.map(|job| (task, job)));
                    }
                    Some(Issue::Skipped(task) | Issue::Refused(task, ())) => self.note(task, true),
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

    fn note(&self, task: TaskId, failed: bool) {
        let entry = &self.ended[task.number() as usize];
        entry.set((task, failed)).expect("a task ends once");
    }

    fn write(&self, task: TaskId, output: &Output, value: u64) {
        for at in pieces(output) {
            let [owner, content] = &self.pieces[at];
            let before = owner.swap(task.number() + 1, Relaxed);
            content.store(value, Relaxed);
            let Some(before) = before.checked_sub(1) else {
                continue;
            };
            // What a lease of a result holds is checked by who has the lease.
            let before = self.ended[before as usize].get().expect("it has ended");
            let status = self.submitter.status(before.0);
            let is_over = status.is_none_or(|status| status.is_consumed());
            assert!(
                is_over,
                "{task} wrote over {}, which is {status:?}",
                before.0
            );
        }
    }

    fn read(&self, task: u64, output: &Output, value: u64) {
        for at in pieces(output) {
            let [owner, content] = &self.pieces[at];
            assert_eq!(owner.load(Relaxed), task + 1, "the owner of a piece");
            assert_eq!(content.load(Relaxed), value, "the output of task {task}");
        }
    }

    fn work(&self) {
        while let Some((task, job)) = self.take() {
            for input in &job.inputs {
                let ended = self.ended[input.task as usize].get();
                let failed = ended.expect("a producer ends before its consumer begins").1;
                assert_eq!(failed, input.value.is_none(), "task {}", input.task);
                assert!(!failed || input.is_settled, "{task} was issued");
                if let (Some(output), Some(value)) = (&input.output, input.value) {
                    self.read(input.task, output, value);
                }
            }
            if let Some(output) = &job.output {
                self.write(task, output, job.value);
            }
            if task.number() % 3 == 0 {
                // Others overtake it.
                thread::yield_now();
            }
            let outcome = match job.end {
                End::Succeeds => TaskOutcome::Succeeded,
                _ => TaskOutcome::Failed,
            };
            let mut completer = self.completer.lock().unwrap();
            let ended = completer.complete(task, outcome);
            assert_eq!(ended, Ok(outcome), "{task}");
            self.note(task, outcome == TaskOutcome::Failed);
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
            for _ in 0..random.below(4).min(2 * nth as u64) {
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
            let end = match random.below(12) {
                0 => End::Fails,
                1 => End::IsRefused,
                _ => End::Succeeds,
            };
            let read = inputs.iter().filter_map(|input| input.value);
            let value = read.fold(random.below(u64::MAX), |all, value| mix(all ^ value));
            let is_good = |input: &Input| input.is_settled || input.value.is_some();
            let succeeds = end == End::Succeeds && inputs.iter().all(is_good);
            let is_last = nth as u64 + 1 == tasks;
            let request = Request {
                dependencies: &dependencies,
                transient_bytes: if is_last { 0 } else { lengths[nth] },
                exported_bytes: if is_last { 2 * OUTPUT_ALIGN } else { 0 },
                ..Request::default()
            };
            let mut output = None;
            let submitted = batch.submit(&request, |place: &Placement, _| {
                output = place.transient.or(place.exported);
                Some(Job {
                    inputs,
                    output,
                    value,
                    end,
                })
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

#[test]
fn workers_end_random_graphs_as_their_failures_say() {
    let config = RingConfig::new()
        .task_window(16)
        .consumed_window(32)
        .edge_pool(32)
        .arena(96 * OUTPUT_ALIGN)
        .arena_exported(32 * OUTPUT_ALIGN)
        .export_slots(16)
        .stall_timeout(LONG);
    let (submitter, completer) = rings::open(&config).expect("the sizes are in range");
    let world = World {
        work: completer.work_gate(),
        completer: Mutex::new(completer),
        submitter: submitter.clone(),
        pieces: (0..96).map(|_| Default::default()).collect(),
        ended: (0..PRODUCERS * BATCHES * MOST_TASKS)
            .map(|_| OnceLock::new())
            .collect(),
    };
    let failures = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(|| world.work())).collect();
        let producers: Vec<_> = (0..PRODUCERS)
            .map(|seed| {
                let world = &world;
                let (send, results) = mpsc::sync_channel(3);
                let reader = scope.spawn(move || read(world, &results));
                let producer = scope.spawn(move || {
                    let mut random = Random(seed << 32);
                    for _ in 0..BATCHES {
                        let graph = world.submit_graph(&mut random);
                        send.send(graph).expect("it reads");
                    }
                });
                (producer, reader)
            })
            .collect();
        let mut failures = 0;
        for (producer, reader) in producers {
            producer.join().expect("it submits");
            failures += reader.join().expect("every result is right");
        }
        world.submitter.close();
        workers.into_iter().for_each(|w| w.join().expect("it ends"));
        failures
    });
    assert!((1..PRODUCERS * BATCHES).contains(&failures));
    submitter.drain().expect("everything has ended");
    let statistics = submitter.statistics();
    assert!(
        statistics.rings.iter().all(|ring| ring.used == 0),
        "{statistics}"
    );
    let ended = world.ended.iter().filter(|task| task.get().is_some());
    assert_eq!(ended.count() as u64, statistics.submitted);
}

/// Looks at each result when its task has ended, and again before it is dropped; the number of failures.
fn read(world: &World, results: &mpsc::Receiver<(ExportLease, Option<u64>)>) -> u64 {
    let mut failures = 0;
    let mut held = None;
    for (lease, value) in results {
        while lease.outcome().is_none() {
            thread::yield_now();
        }
        let expected = match value {
            Some(_) => TaskOutcome::Succeeded,
            None => TaskOutcome::Failed,
        };
        assert_eq!(lease.outcome(), Some(expected), "{lease:?}");
        failures += u64::from(value.is_none());
        let value = value.unwrap_or(0);
        for (lease, value) in [Some((lease, value)), held.take()].into_iter().flatten() {
            if lease.outcome() == Some(TaskOutcome::Succeeded) {
                world.read(lease.task().number(), &lease.output(), value);
            }
            held = Some((lease, value));
        }
    }
    failures
}
