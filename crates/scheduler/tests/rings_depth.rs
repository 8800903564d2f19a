//! How many tasks the rings hold in the same memory, with one lifetime for all of a task and with two.

#[path = "support/small_rings.rs"]
mod small_rings;

use pixelflume_scheduler::rings::{OUTPUT_ALIGN, Request, Ring, RingConfig, SubmitError};
use small_rings::{PLAIN, config, open, run_all, submit};

/// How many more tasks can be in flight while the user holds the outputs of `held` finished ones.
fn in_flight(config: RingConfig, held: u64) -> u64 {
    let (submitter, mut completer) = open(config);
    let request = |lease| Request {
        payload_bytes: 3 << 10,
        lease,
        ..PLAIN
    };
    let mut leases = Vec::new();
    for _ in 0..held {
        match submit(&submitter, request(true)) {
            Ok(submitted) => leases.extend(submitted.lease),
            Err(SubmitError::Stalled { .. }) => return 0,
            Err(other) => panic!("{other}"),
        }
        run_all(&mut completer);
    }
    let more = (0..).take_while(|_| submit(&submitter, request(false)).is_ok());
    more.count() as u64
}

/// How many tasks can be submitted, run and held before the rings are full, and which one is.
fn depth(config: RingConfig) -> (u64, Ring, u64) {
    let (submitter, mut completer) = open(config);
    let request = Request {
        payload_bytes: 3 << 10,
        lease: true,
        ..PLAIN
    };
    let mut held = Vec::new();
    loop {
        match submitter.try_submit(&request, |_, _| ()) {
            Ok(task) => held.push(task),
            Err(SubmitError::Full(full)) => {
                let metadata = submitter.statistics().config.metadata_bytes;
                return (held.len() as u64, full.ring, metadata);
            }
            Err(other) => panic!("{other}"),
        }
        run_all(&mut completer);
    }
}

/// Sizes of which everything but outputs fits in 1 MiB, with payloads of 3 KiB.
fn sized(tasks: u64, records: u64) -> RingConfig {
    config()
        .task_window(tasks)
        .consumed_window(records)
        .edge_pool(tasks)
        .payload_ring(tasks * (3 << 10))
        .export_slots(1)
        .arena(2 * OUTPUT_ALIGN)
}

/// 1 MiB for everything but outputs, payloads of 3 KiB, every task held by the user.
#[test]
fn the_split_holds_at_least_four_times_as_many_tasks_in_the_same_memory() {
    const BUDGET: u64 = 1 << 20;
    let (single, ring, bytes) = depth(sized(256, 256).one_lifetime(true));
    println!("one lifetime, 256 slots:       {single:5} tasks in {bytes:7} bytes, then {ring}");
    assert!(single == 256 && bytes <= BUDGET && 2 * bytes > BUDGET);
    for (tasks, records) in [(256, 1024), (128, 8192)] {
        let (split, ring, bytes) = depth(sized(tasks, records));
        println!(
            "split, {tasks:3} slots, {records:4} records: {split:5} tasks in {bytes:7} bytes, then {ring}"
        );
        assert!(bytes <= BUDGET, "{bytes}");
        assert_eq!((split, ring), (records, Ring::Consumed));
        assert!(split >= 4 * single);
    }
}

/// What is left to keep a device busy with, in the same memory: in one ring every held task takes a slot of it.
#[test]
fn held_tasks_take_nothing_from_those_in_flight() {
    for held in [0, 64, 128, 192, 255, 256, 1024, 4096, 8000, 8192] {
        let single = in_flight(sized(256, 256).one_lifetime(true), held);
        let split = in_flight(sized(128, 8192), held);
        println!("{held:4} held: {single:3} in flight in one ring, {split:3} in the split rings");
        assert_eq!(single, 256u64.saturating_sub(held));
        assert_eq!(split, 128.min(8192 - held));
    }
}
