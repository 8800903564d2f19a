//! Many tasks through tiny rings, on several threads, with the same results as with roomy ones.

use pixelflume_scheduler::rings::{
    self, BatchBudget, Dependency, ExportLease, Issue, OUTPUT_ALIGN, Payload, Request, Ring,
    RingConfig, TaskId, TaskOutcome,
};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

/// Ends a test that hangs.
const LONG: Duration = Duration::from_secs(60);
/// Tasks of a chain; the first has no producers, the last exports its result.
const CHAIN: u64 = 4;

/// How many tasks go through, in debug builds too.
const TASKS: u64 = 1_000_000;

/// The arena: plain words, each written by whoever the rings gave its piece to.
struct Arena(Box<[AtomicU64]>);

const WORDS: usize = OUTPUT_ALIGN as usize / 8;

impl Arena {
    fn new(bytes: u64) -> Self {
        Arena((0..bytes / 8).map(|_| AtomicU64::new(0)).collect())
    }

    /// One piece.
    fn at(&self, offset: u64) -> &[AtomicU64] {
        &self.0[offset as usize / 8..][..WORDS]
    }

    fn write(&self, offset: u64, value: u64) {
        self.at(offset)
            .iter()
            .for_each(|word| word.store(value, Relaxed));
    }

    /// The one value that a piece has: two would mean that two tasks wrote to it.
    fn read(&self, offset: u64) -> u64 {
        let words = self.at(offset);
        let value = words[0].load(Relaxed);
        assert!(
            words.iter().all(|word| word.load(Relaxed) == value),
            "a torn piece at {offset}"
        );
        value
    }
}

/// SplitMix64's output function (Steele, Lea, Flood 2014).
fn mix(value: u64) -> u64 {
    let z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What a task does: `[seed, input offset or MAX, output offset]`, in its payload.
fn work(arena: &Arena, payload: Payload<'_>) {
    let [seed, input, output] = [0, 1, 2].map(|i| u64::from_ne_bytes(payload.word(i)));
    let read = if input == u64::MAX {
        0
    } else {
        arena.read(input)
    };
    arena.write(output, mix(seed ^ read));
}

/// What a chain comes to, computed without rings.
fn expected(chain: u64) -> u64 {
    (0..CHAIN).fold(0, |value, n| mix((chain * CHAIN + n) ^ value))
}

/// Runs chains, three in flight per producer and results held for a while, and returns all results in order.
fn run(config: &RingConfig, producers: u64, tasks: u64) -> Vec<u64> {
    let config = config.clone().stall_timeout(LONG);
    let sizes = config.effective::<u64>().expect("the sizes are in range");
    let arena = Arena::new(sizes.arena.value);
    let (submitter, mut completer) = rings::open::<u64>(&config).expect("the sizes are in range");
    let chains = tasks / CHAIN / producers;
    let mut results = Vec::new();
    thread::scope(|scope| {
        let arena = &arena;
        let producers: Vec<_> = (0..producers)
            .map(|producer| {
                let submitter = submitter.clone();
                let (send, receive) = channel();
                let reader = scope.spawn(move || read(arena, &receive));
                scope.spawn(move || {
                    for chain in producer * chains..(producer + 1) * chains {
                        send.send(submit_chain(&submitter, chain))
                            .expect("it reads");
                    }
                });
                reader
            })
            .collect();
        drive(
            &mut completer,
            arena,
            chains * CHAIN * producers.len() as u64,
        );
        for reader in producers {
            results.extend(reader.join().expect("no result is wrong"));
        }
    });
    submitter.drain().expect("everything ended");
    let statistics = submitter.statistics();
    assert!(
        statistics.rings.iter().all(|ring| ring.used == 0),
        "{statistics}"
    );
    for ring in Ring::ALL {
        let ring = statistics.ring(ring);
        assert!(ring.high_water <= ring.capacity, "{statistics}");
    }
    results
}

fn submit_chain(submitter: &rings::Submitter<u64>, chain: u64) -> ExportLease {
    // With a budget, since other producers' chains get between its tasks.
    let budget = BatchBudget {
        tasks: CHAIN,
        transient_bytes: (CHAIN - 1) * OUTPUT_ALIGN,
        largest_transient: OUTPUT_ALIGN,
        ..BatchBudget::default()
    };
    let batch = submitter.begin_batch_with(&budget);
    let mut batch = batch.expect("nobody holds the rings for long");
    let mut before: Option<(TaskId, u64)> = None;
    for n in 0..CHAIN {
        let after: [Dependency; 1];
        let dependencies: &[Dependency] = match before {
            Some((task, _)) => {
                after = [match (chain + n) % 3 {
                    0 => Dependency::completed(task),
                    _ => Dependency::issued(task),
                }];
                &after
            }
            None => &[],
        };
        let last = n + 1 == CHAIN;
        let request = Request {
            dependencies,
            payload_bytes: 24,
            transient_bytes: if last { 0 } else { OUTPUT_ALIGN },
            exported_bytes: if last { OUTPUT_ALIGN } else { 0 },
            lease: false,
        };
        let mut output = 0;
        let submitted = batch.submit(&request, |place, payload| {
            let place_of = place.transient.or(place.exported);
            output = place_of.expect("every task has an output").offset;
            let input = before.map_or(u64::MAX, |(_, offset)| offset);
            for word in [chain * CHAIN + n, input, output] {
                payload.append(&word.to_ne_bytes());
            }
            place.task.number()
        });
        let submitted = submitted.expect("nobody holds the rings for long");
        if let Some(export) = submitted.export {
            return export;
        }
        before = Some((submitted.task, output));
    }
    unreachable!("the last task exports")
}

/// Takes results as they come, holds two of them, and drops now the older, now the younger.
fn read(arena: &Arena, results: &Receiver<ExportLease>) -> Vec<u64> {
    let mut values = Vec::new();
    let mut held: Vec<(ExportLease, u64)> = Vec::new();
    for lease in results {
        while lease.outcome().is_none() {
            thread::yield_now();
        }
        assert_eq!(lease.outcome(), Some(TaskOutcome::Succeeded));
        let value = arena.read(lease.output().offset);
        values.push(value);
        held.push((lease, value));
        if held.len() == 2 {
            let (lease, value) = held.remove(values.len() % 2);
            let now = arena.read(lease.output().offset);
            assert_eq!(now, value, "a held result changed");
        }
    }
    values
}

/// Issues, works, and completes, the youngest first where nothing depends on it.
fn drive(completer: &mut rings::Completer<u64>, arena: &Arena, tasks: u64) {
    let mut ended = 0;
    let mut issued = Vec::new();
    while ended < tasks {
        let mut dispatch = |task: TaskId, descriptor: &mut u64, payload: Payload<'_>| {
            assert_eq!(*descriptor, task.number(), "the descriptor of another task");
            work(arena, payload);
            Ok::<(), std::convert::Infallible>(())
        };
        while let Some(issue) = completer.issue_next(&mut dispatch) {
            match issue {
                Issue::Issued(task) => issued.push(task),
                other => panic!("{other:?}"),
            }
        }
        if issued.is_empty() {
            assert!(completer.wait_for_work(LONG), "the submitters are gone");
        }
        let mut left = issued.len();
        while left > 0 {
            left -= 1;
            // Refused as long as a producer is issued.
            if completer
                .complete(issued[left], TaskOutcome::Succeeded)
                .is_ok()
            {
                issued.remove(left);
                ended += 1;
            }
        }
    }
}

#[test]
fn a_million_tasks_through_tiny_rings_give_the_same_bytes() {
    let roomy = RingConfig::new().arena(1 << 20);
    // One producer: windows of 4 and 8.
    let tiny = RingConfig::new()
        .task_window(4)
        .consumed_window(8)
        .edge_pool(4)
        .payload_ring(96)
        .arena(8 * OUTPUT_ALIGN)
        .arena_exported(3 * OUTPUT_ALIGN)
        .export_slots(3)
        .first_task(u64::MAX - TASKS / 2);
    let results = run(&tiny, 1, TASKS);
    let chains = TASKS / CHAIN;
    assert_eq!(results.len() as u64, chains);
    assert!(
        results
            .iter()
            .zip(0..)
            .all(|(&result, chain)| result == expected(chain))
    );
    assert_eq!(
        run(&roomy, 1, TASKS),
        results,
        "the same with default windows"
    );
}

#[test]
fn four_producers_share_small_rings() {
    let small = RingConfig::new()
        .task_window(8)
        .consumed_window(32)
        .edge_pool(8)
        .payload_ring(8 * 24)
        .arena(32 * OUTPUT_ALIGN)
        .arena_exported(12 * OUTPUT_ALIGN)
        .export_slots(12);
    let results = run(&small, 4, TASKS / 4);
    assert!(
        results
            .iter()
            .zip(0..)
            .all(|(&result, chain)| result == expected(chain))
    );
}
