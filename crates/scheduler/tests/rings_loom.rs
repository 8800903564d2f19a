//! The task rings under a model checker, which runs every interleaving and every value that a load may see by the
//! memory model. A wait never times out here, so that a lost wake-up is a dead end that it reports.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p pixelflume-scheduler --test rings_loom --release`
#![cfg(loom)]
#![expect(
    unsafe_code,
    reason = "memory whose accesses the model checker watches"
)]

use loom::{
    cell::UnsafeCell,
    sync::{Arc, Mutex},
    thread,
};
use pixelflume_scheduler::rings::{
    self, BatchBudget, Completer, Dependency, Issue, OUTPUT_ALIGN, Progress, Request, RingConfig,
    SubmitError, Submitter, TaskId, TaskOutcome, WorkGate,
};
use std::ops::ControlFlow;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(3600);

fn model(run: impl Fn() + Sync + Send + 'static) {
    bounded(None, run);
}

/// With at most so many preemptions in each run, for models that would take too long.
fn bounded(preemptions: Option<usize>, run: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = preemptions;
    let runs = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counted = runs.clone();
    model.check(move || {
        counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        run();
    });
    assert!(
        runs.load(std::sync::atomic::Ordering::Relaxed) > 1,
        "the threads never met"
    );
}

/// Memory that the rings give out: the checker reports accesses that nothing orders.
#[derive(Clone)]
struct Memory(Arc<Watched>);

struct Watched(UnsafeCell<()>);

// SAFETY: nothing is stored, and the accesses are what is to be checked.
unsafe impl Sync for Watched {}
// SAFETY: as above.
unsafe impl Send for Watched {}

impl Memory {
    fn new() -> Self {
        Memory(Arc::new(Watched(UnsafeCell::new(()))))
    }

    fn read(&self) {
        self.0.0.with(|_| ());
    }

    fn write(&self) {
        self.0.0.with_mut(|_| ());
    }
}

/// Rings of two tasks, two records, one piece of each part.
fn small() -> (Submitter<u64>, Completer<u64>) {
    sized(2)
}

fn sized(records: u64) -> (Submitter<u64>, Completer<u64>) {
    let config = RingConfig::new()
        .task_window(2)
        .consumed_window(records)
        .edge_pool(2)
        .arena(2 * OUTPUT_ALIGN)
        .arena_exported(OUTPUT_ALIGN)
        .export_slots(1)
        .stall_timeout(LONG);
    rings::open(&config).expect("the sizes are in range")
}

fn issue(completer: &mut Completer<u64>) -> Option<TaskId> {
    match completer.issue_next()? {
        Issue::Issued(task, descriptor) => {
            assert_eq!(descriptor, task.number(), "the descriptor of another task");
            Some(task)
        }
        other => panic!("{other:?}"),
    }
}

fn finish(completer: &mut Completer<u64>, task: TaskId) {
    completer
        .complete(task, TaskOutcome::Succeeded)
        .expect("it is issued");
}

const PLAIN: Request<'_> = Request {
    dependencies: &[],
    transient_bytes: 0,
    exported_bytes: 0,
    lease: false,
};
const LEASED: Request<'_> = Request {
    lease: true,
    ..PLAIN
};

/// The release and the last reference race: exactly one of them consumes, and the scan sees it.
#[test]
fn release_and_consume() {
    model(|| {
        let (submitter, mut completer) = small();
        let held = submitter
            .submit(&LEASED, |place| place.task.number())
            .expect("the rings are empty");
        issue(&mut completer);
        let user = thread::spawn(move || drop(held.lease));
        finish(&mut completer, held.task);
        user.join().unwrap();
        let statistics = submitter.statistics();
        assert_eq!((statistics.released, statistics.consumed), (1, 1));
    });
}

/// A submitter parks on a full main ring while the completer publishes a release.
#[test]
fn publish_and_park() {
    model(|| {
        let (submitter, mut completer) = small();
        let first = submitter.submit(&PLAIN, |place| place.task.number());
        let second = submitter.submit(&PLAIN, |place| place.task.number());
        let (first, second) = (first.unwrap().task, second.unwrap().task);
        issue(&mut completer);
        issue(&mut completer);
        let blocked = submitter.clone();
        let waiting = thread::spawn(move || {
            let third = blocked.submit(&PLAIN, |place| place.task.number());
            third.map(|third| third.task.number())
        });
        // The younger one first: its release alone makes no room.
        finish(&mut completer, second);
        finish(&mut completer, first);
        assert_eq!(waiting.join().unwrap().expect("there is room"), 2);
    });
}

/// A slot of the main ring goes from the completer to the next submitter: what the one read before, the other writes after.
#[test]
fn a_slot_and_its_next_task() {
    model(|| {
        let (submitter, mut completer) = sized(4);
        // A held task before it, so that nobody looks at the record of the task itself: the watermark alone orders this.
        let held = submitter.submit(&LEASED, |place| place.task.number());
        let task = submitter.submit(&PLAIN, |place| place.task.number());
        let (held, task) = (held.unwrap(), task.unwrap().task);
        issue(&mut completer);
        finish(&mut completer, held.task);
        let third = submitter.submit(&PLAIN, |place| place.task.number());
        assert!(third.is_ok());

        let memory = Memory::new();
        let payload = memory.clone();
        let next = thread::spawn(move || {
            let _fourth = submitter.try_submit(&PLAIN, |place| {
                memory.write();
                place.task.number()
            });
        });
        assert_eq!(issue(&mut completer), Some(task));
        payload.read();
        finish(&mut completer, task);
        next.join().unwrap();
    });
}

/// A submitter parks on a full consumed ring while a user drops the lease that holds its head.
#[test]
fn a_lease_and_park() {
    model(|| {
        let (submitter, mut completer) = small();
        let held = submitter.submit(&LEASED, |place| place.task.number());
        let other = submitter.submit(&PLAIN, |place| place.task.number());
        let (held, other) = (held.unwrap(), other.unwrap().task);
        for task in [held.task, other] {
            issue(&mut completer);
            finish(&mut completer, task);
        }
        let memory = Memory::new();
        let output = memory.clone();
        let user = thread::spawn(move || {
            output.read();
            drop(held.lease);
        });
        let third = submitter.submit(&PLAIN, |place| {
            memory.write();
            place.task.number()
        });
        assert_eq!(third.expect("there is room").task.number(), 2);
        user.join().unwrap();
    });
}

/// A producer parks for the place of a batch that another one holds: it is abandoned, or submitted, released and dropped.
#[test]
fn a_place_set_aside_and_park() {
    const PLACE: BatchBudget = BatchBudget {
        tasks: 1,
        main_slots: 1,
        transient_bytes: 0,
        largest_transient: 0,
        exported_bytes: OUTPUT_ALIGN,
    };
    const RESULT: Request<'static> = Request {
        exported_bytes: OUTPUT_ALIGN,
        ..PLAIN
    };
    for is_submitted in [false, true] {
        bounded(Some(3), move || {
            let (submitter, mut completer) = small();
            let mut batch = submitter.begin_batch_with(&PLACE).expect("nobody has it");
            let memory = Memory::new();
            memory.write();
            let (other, theirs) = (submitter.clone(), memory.clone());
            let producer = thread::spawn(move || {
                let batch = other.begin_batch_with(&PLACE).expect("it comes free");
                assert_eq!(batch.export().map(|place| place.offset), Some(OUTPUT_ALIGN));
                theirs.write();
            });
            if is_submitted {
                let submitted = batch.try_submit(&RESULT, |place| place.task.number());
                let submitted = submitted.expect("it is set aside");
                batch.close();
                let task = issue(&mut completer).expect("it was published");
                finish(&mut completer, task);
                memory.read();
                drop(submitted.export);
            } else {
                memory.read();
                drop(batch);
            }
            producer.join().unwrap();
        });
    }
}

/// The completer parks for work while a submitter publishes.
#[test]
fn publish_and_park_of_the_completer() {
    model(|| {
        let (submitter, mut completer) = small();
        let producer = thread::spawn(move || {
            let submitted = submitter.submit(&PLAIN, |place| place.task.number());
            assert!(submitted.is_ok());
            submitter
        });
        let work = completer.work_gate();
        let task = work.wait_until(LONG, || match issue(&mut completer) {
            Some(task) => ControlFlow::Break(task),
            None => ControlFlow::Continue(()),
        });
        let task = task.expect("waits have no end here");
        finish(&mut completer, task);
        drop(producer.join().unwrap());
    });
}

/// A claim by handle races with the end of the task and with the next tenant of its slot: it fails, or it holds the task.
#[test]
fn claim_and_consume() {
    model(|| {
        let (submitter, mut completer) = small();
        let held = submitter
            .submit(&LEASED, |place| place.task.number())
            .expect("the rings are empty");
        let task = held.task;
        issue(&mut completer);
        finish(&mut completer, task);
        let claimer = submitter.clone();
        let claim = thread::spawn(move || {
            if let Ok(lease) = claimer.retain(task) {
                assert_eq!(lease.status().state, Progress::Released);
                assert_ne!(lease.status().references, 0);
            }
        });
        drop(held.lease);
        // The second of these needs the slot of the task.
        for _ in 0..2 {
            match submitter.try_submit(&PLAIN, |place| place.task.number()) {
                Ok(_) | Err(SubmitError::Full(_)) => {}
                Err(other) => panic!("{other}"),
            }
        }
        claim.join().unwrap();
        let statistics = submitter.statistics();
        assert_eq!(
            statistics.consumed, 1,
            "a reference was lost, or counted twice"
        );
    });
}

/// A consumer is submitted while its producer ends: it is issued exactly once, after the producer.
#[test]
fn a_dependency_and_its_release() {
    model(|| {
        let (submitter, mut completer) = small();
        let held = submitter
            .submit(&LEASED, |place| place.task.number())
            .expect("the rings are empty");
        let first = held.task;
        issue(&mut completer);
        let consumer = thread::spawn(move || {
            let after = [Dependency::completed(first)];
            let request = Request {
                dependencies: &after,
                ..PLAIN
            };
            let second = submitter.try_submit(&request, |place| place.task.number());
            drop(held.lease);
            second.map(|_| submitter)
        });
        let early = issue(&mut completer);
        assert_eq!(early, None, "its producer is not complete");
        finish(&mut completer, first);
        let submitter = consumer.join().unwrap().expect("there is room");
        let second = issue(&mut completer).expect("nothing holds it back");
        finish(&mut completer, second);
        assert_eq!(submitter.statistics().consumed, 2);
    });
}

/// Two workers share the completer: the one that finds nothing parks until the other has ended the task that it waits for, or
/// until all has ended and the rings are closed. A settled dependency passes no failure on.
#[test]
fn workers_share_tasks_and_park() {
    fn work(
        gate: &WorkGate,
        completer: &Mutex<Completer<u64>>,
        producer: TaskId,
        memory: &Memory,
    ) -> u64 {
        let mut ended = 0;
        loop {
            let take = || {
                let mut completer = completer.lock().unwrap();
                match issue(&mut completer) {
                    Some(task) => ControlFlow::Break(Some(task)),
                    None if gate.is_closed() && completer.unreleased() == 0 => {
                        ControlFlow::Break(None)
                    }
                    None => ControlFlow::Continue(()),
                }
            };
            let Some(task) = gate.wait_until(LONG, take).expect("waits have no end here") else {
                return ended;
            };
            let outcome = match task == producer {
                true => TaskOutcome::Failed,
                false => TaskOutcome::Succeeded,
            };
            memory.write();
            let got = completer.lock().unwrap().complete(task, outcome);
            assert_eq!(got, Ok(()));
            ended += 1;
        }
    }
    bounded(Some(2), || {
        let (submitter, completer) = small();
        let gate = completer.work_gate();
        let completer = Arc::new(Mutex::new(completer));
        let mut batch = submitter.begin_batch();
        let producer = batch.submit(&PLAIN, |place| place.task.number());
        let producer = producer.expect("the rings are empty").task;
        let memory = Memory::new();
        let other = {
            let (gate, completer, memory) = (gate.clone(), completer.clone(), memory.clone());
            thread::spawn(move || work(&gate, &completer, producer, &memory))
        };
        let after = [Dependency::settled(producer)];
        let request = Request {
            dependencies: &after,
            ..PLAIN
        };
        let consumer = batch.submit(&request, |place| place.task.number());
        assert!(consumer.is_ok());
        batch.close();
        submitter.close();
        let ended = work(&gate, &completer, producer, &memory);
        assert_eq!(ended + other.join().unwrap(), 2);
        let statistics = submitter.statistics();
        assert_eq!((statistics.released, statistics.consumed), (2, 2));
    });
}

/// Lease and record let go of an export at the same time: its memory comes back once, and only then.
#[test]
fn an_export_from_two_sides() {
    model(|| {
        let (submitter, mut completer) = small();
        let request = Request {
            exported_bytes: 1,
            ..PLAIN
        };
        let made = submitter
            .submit(&request, |place| place.task.number())
            .expect("the rings are empty");
        issue(&mut completer);
        let memory = Memory::new();
        let output = memory.clone();
        let user = thread::spawn(move || {
            output.read();
            drop(made.export);
        });
        memory.read();
        finish(&mut completer, made.task);
        let early = submitter.try_submit(&request, |place| {
            memory.write();
            place.task.number()
        });
        user.join().unwrap();
        if early.is_ok() {
            return;
        }
        let again = submitter.try_submit(&request, |place| place.task.number());
        assert!(again.is_ok(), "the part was given back");
        let twice = submitter.try_submit(&request, |place| place.task.number());
        assert!(matches!(twice, Err(SubmitError::Full(_))), "but once");
    });
}

/// Who waits for room is let go when the completer goes.
#[test]
fn close_and_park() {
    model(|| {
        let (submitter, completer) = small();
        for _ in 0..2 {
            let submitted = submitter.submit(&PLAIN, |place| place.task.number());
            assert!(submitted.is_ok());
        }
        let gone = thread::spawn(move || drop(completer));
        let refused = submitter.submit(&PLAIN, |place| place.task.number());
        assert!(matches!(refused, Err(SubmitError::Closed)));
        gone.join().unwrap();
    });
}
