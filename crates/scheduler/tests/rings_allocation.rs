//! Once the rings are open, tasks allocate nothing.

use pixelflume_heap_counter::{Counting, counted};
use pixelflume_scheduler::rings::{
    self, BatchBudget, Completer, Dependency, Issue, OUTPUT_ALIGN, Request, RingConfig, Submitter,
    TaskOutcome,
};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: Counting<System> = Counting(System);

/// A batch of three tasks with dependencies, outputs, a lease and a result, run and let go.
fn batch(submitter: &Submitter<u64>, completer: &mut Completer<u64>) {
    let budget = BatchBudget {
        tasks: 3,
        transient_bytes: 4 * OUTPUT_ALIGN,
        largest_transient: 4 * OUTPUT_ALIGN,
        ..BatchBudget::default()
    };
    let mut batch = submitter.begin_batch_with(&budget).expect("there is room");
    let mut submit = |dependencies: &[Dependency], transient, exported, lease| {
        let request = Request {
            dependencies,
            transient_bytes: transient,
            exported_bytes: exported,
            lease,
        };
        let submitted = batch.submit(&request, |place| place.task.number());
        submitted.expect("there is room")
    };
    let first = submit(&[], 1000, 0, true);
    let second = submit(&[Dependency::settled(first.task)], 0, 3000, false);
    let after = [first.task, second.task].map(Dependency::completed);
    let third = submit(&after, 0, 0, false);
    batch.close();
    for task in [first.task, second.task, third.task] {
        let issued = completer.issue_next();
        assert_eq!(issued, Some(Issue::Issued(task, task.number())));
        assert_eq!(completer.issue_next(), None, "the next one waits");
        let ended = completer.complete(task, TaskOutcome::Succeeded);
        assert_eq!(ended, Ok(()));
    }
}

fn main() {
    // Without the test harness, whose own threads allocate and make system calls. To count the latter, run this under
    // `strace -f -c` with two different numbers of batches: what differs is theirs.
    let batches = std::env::args().nth(1).and_then(|n| n.parse().ok());
    let batches: u64 = batches.unwrap_or(50_000);
    let config = RingConfig::new().task_window(64).arena(1 << 20);
    let (submitter, mut completer) = rings::open::<u64>(&config).expect("the sizes are in range");
    batch(&submitter, &mut completer);
    let (heap, ()) = counted(|| (0..batches).for_each(|_| batch(&submitter, &mut completer)));
    assert_eq!(heap, 0, "allocations in {batches} batches");
}
