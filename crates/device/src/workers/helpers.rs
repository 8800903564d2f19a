//! Threads that help any thread of the program with its loops.

use super::{Pool, Workers};
use crate::process::ProcessBound;
use std::fmt;
use std::sync::Barrier;

/// Threads that wait for a loop of another thread, and help with it. They sleep in between. Several threads may have loops
/// at the same time, and share the helpers.
///
/// ```
/// use pixelflume_device::Helpers;
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// let helpers = Helpers::new("example", 2);
/// let sum = AtomicU64::new(0);
/// helpers.for_each(100, &|index| {
///     sum.fetch_add(index as u64, Ordering::Relaxed);
/// });
/// assert_eq!(sum.into_inner(), 99 * 100 / 2);
/// ```
pub struct Helpers {
    /// The threads do not exist in a forked child, which does without them.
    pool: ProcessBound<Pool>,
}

impl Helpers {
    /// Starts `threads` threads, and returns when all of them are ready. Their names are `name` with a number behind it.
    ///
    /// Where the system gives fewer threads, half of those that it gave are kept, and a warning is logged.
    pub fn new(name: &str, threads: usize) -> Self {
        let helpers = Helpers {
            pool: ProcessBound::new(Pool::new(name, threads)),
        };
        let all = helpers.count() + 1;
        // A thread that has met the others allocates nothing later, since it has started.
        let met = Barrier::new(all);
        helpers.for_each(all, &|_| {
            met.wait();
        });
        helpers
    }

    /// The number of helpers; 0 where loops run on the calling thread alone, as in a child that was forked since.
    pub fn count(&self) -> usize {
        match ProcessBound::is_inherited(&self.pool) {
            true => 0,
            false => self.pool.shared.workers(),
        }
    }

    /// Calls `f` once with each of `0..count`, on this thread and on helpers that have nothing else to do. Calls start in
    /// ascending order. Returns when all calls are done: no helper uses `f`, or what `f` borrows, after that. Allocates
    /// nothing. A panic in `f` is passed on after the other calls are done.
    ///
    /// `f` must not wait for another call of the same loop: there may be one thread for all of them.
    pub fn for_each(&self, count: usize, f: &(dyn Fn(usize) + Sync)) {
        if ProcessBound::is_inherited(&self.pool) {
            return (0..count).for_each(f);
        }
        let workers = Workers {
            shared: &self.pool.shared,
            helpers: self.count(),
        };
        workers.for_each(count, f);
    }
}

impl fmt::Debug for Helpers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Helpers({})", self.count())
    }
}

#[cfg(test)]
#[cfg(not(loom))]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn all_helpers_take_part_in_a_loop() {
        for threads in [0, 1, 3] {
            let helpers = Helpers::new("test", threads);
            assert_eq!(helpers.count(), threads);
            // Nobody passes the barrier before each of the threads has a call of its own.
            let met = Barrier::new(threads + 1);
            let calls = Mutex::new(Vec::new());
            helpers.for_each(threads + 1, &|index| {
                met.wait();
                calls.lock().unwrap().push(index);
            });
            let mut calls = calls.into_inner().unwrap();
            calls.sort_unstable();
            assert_eq!(calls, (0..=threads).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_panic_reaches_the_caller_after_all_calls() {
        let helpers = Helpers::new("test", 2);
        let calls = AtomicUsize::new(0);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            helpers.for_each(20, &|index| {
                calls.fetch_add(1, Ordering::Relaxed);
                assert!(index != 3, "planted");
            });
        }));
        assert!(panicked.is_err());
        assert_eq!(calls.load(Ordering::Relaxed), 20);
        helpers.for_each(20, &|_| {
            calls.fetch_add(1, Ordering::Relaxed);
        });
        assert_eq!(calls.into_inner(), 40);
    }

    #[test]
    fn several_threads_share_the_helpers() {
        let helpers = Helpers::new("test", 2);
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let calls = AtomicUsize::new(0);
                        helpers.for_each(7, &|_| {
                            calls.fetch_add(1, Ordering::Relaxed);
                        });
                        assert_eq!(calls.into_inner(), 7);
                    }
                });
            }
        });
    }
}
