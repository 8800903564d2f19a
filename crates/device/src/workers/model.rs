//! The hand-over of loops between workers under a model checker, which runs every interleaving and every value that a load may
//! see by the memory model. A wake-up that is lost is a dead end that it reports.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p pixelflume-device --lib --release workers::model`
#![expect(
    unsafe_code,
    reason = "memory whose accesses the model checker watches"
)]

use super::*;
use loom::cell::UnsafeCell;
use loom::thread;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Memory that the calls of a loop write, so that the checker reports accesses that nothing orders.
struct Watched(UnsafeCell<u32>);

// SAFETY: accesses from several threads are what is to be checked, and the checker runs one thread at a time.
unsafe impl Sync for Watched {}

impl Watched {
    fn add(&self) {
        self.0.with_mut(|value| {
            // SAFETY: the checker gives the address of the value, and ends the model where another access is not ordered.
            unsafe { *value += 1 };
        });
    }

    fn get(&self) -> u32 {
        // SAFETY: as above.
        self.0.with(|value| unsafe { *value })
    }
}

fn model(preemptions: Option<usize>, run: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = preemptions;
    let runs = Arc::new(AtomicU64::new(0));
    let counted = runs.clone();
    model.check(move || {
        counted.fetch_add(1, Relaxed);
        run();
    });
    assert!(runs.load(Relaxed) > 1, "the threads never met");
}

/// Runs `owner` beside these workers of a pool of `workers` threads, and ends them.
fn beside_workers(workers: usize, helpers: usize, owner: impl FnOnce(&Arc<Shared>)) {
    let shared = Arc::new(Shared::new(workers));
    let helpers: Vec<_> = (0..helpers)
        .map(|index| {
            let shared = shared.clone();
            thread::spawn(move || shared.work(index))
        })
        .collect();
    owner(&shared);
    shared.state.lock().shutdown = true;
    shared.work.notify_all();
    for helper in helpers {
        helper.join().unwrap();
    }
}

/// Checks that a loop runs each call once, and that all writes of the calls are complete when the
/// loop is.
fn run_loop(shared: &Shared, count: usize) {
    let places: Vec<Watched> = (0..count).map(|_| Watched(UnsafeCell::new(0))).collect();
    Workers::beside_worker(shared).for_each(count, &|index| places[index].add());
    assert!(places.iter().all(|place| place.get() == 1));
}

#[test]
fn a_helper_is_done_with_a_loop_before_its_owner_leaves() {
    model(None, || {
        beside_workers(2, 1, |shared| run_loop(shared, 2));
    });
}

#[test]
fn a_second_loop_at_the_same_place_is_another() {
    model(Some(3), || {
        beside_workers(2, 1, |shared| {
            run_loop(shared, 2);
            run_loop(shared, 2);
        });
    });
}

#[test]
fn two_helpers_share_a_loop() {
    model(Some(3), || {
        beside_workers(3, 2, |shared| run_loop(shared, 3));
    });
}

#[test]
fn two_owners_are_helped_by_one_worker() {
    model(Some(2), || {
        beside_workers(3, 1, |shared| {
            let other = shared.clone();
            let owner = thread::spawn(move || run_loop(&other, 2));
            run_loop(shared, 2);
            owner.join().unwrap();
        });
    });
}
