//! A loop that several workers share, without allocating: the loop lives on the stack of the worker that started it.
#![expect(
    unsafe_code,
    reason = "lends a loop on one thread's stack to other threads"
)]

use super::sync::{Alive, AtomicUsize, Ordering};

/// A loop on its owner's stack.
struct Loop<'a> {
    next: AtomicUsize,
    count: usize,
    body: &'a (dyn Fn(usize) + Sync),
    alive: Alive,
}

/// An entry of the pool's list: a loop that helpers may join. Only ever read under the pool's lock.
pub(super) struct Job {
    handle: Handle,
    helpers: usize,
}

/// A pointer to a loop whose owner keeps it alive.
#[derive(Copy, Clone)]
pub(super) struct Handle(*const Loop<'static>);

// SAFETY: a Loop holds an atomic, a number and a `&(dyn Fn + Sync)`, all of which other threads may use; its lifetime is
// kept by the protocol of `with`.
unsafe impl Send for Handle {}

impl Handle {
    /// Runs calls of the loop until none are left to start.
    pub(super) fn run(&self) {
        // SAFETY: a handle is used by the owner, inside `with`, while the loop is on its stack; or by a helper that joined
        // under the lock while the job was in the list. The owner takes the job out of the list only when it has no
        // helpers, under the same lock, and leaves `with` after that: so the loop outlives every `run`.
        let shared = unsafe { &*self.0 };
        shared.alive.check();
        loop {
            let index = shared.next.fetch_add(1, Ordering::Relaxed);
            if index >= shared.count {
                return;
            }
            (shared.body)(index);
        }
    }
}

impl Job {
    /// Whether calls are left to start.
    pub(super) fn has_work(&self) -> bool {
        // SAFETY: the job is in the list (it is read through it, under the lock), so its owner is still inside `with`.
        let shared = unsafe { &*self.handle.0 };
        shared.alive.check();
        shared.next.load(Ordering::Relaxed) < shared.count
    }

    /// Counts one more helper, which must call [`Job::leave`] after its `run`.
    pub(super) fn join(&mut self) -> Handle {
        self.helpers += 1;
        self.handle
    }

    pub(super) fn leave(&mut self) {
        self.helpers -= 1;
    }

    pub(super) fn has_helpers(&self) -> bool {
        self.helpers > 0
    }

    pub(super) fn is(&self, handle: &Handle) -> bool {
        std::ptr::eq(self.handle.0, handle.0)
    }
}

/// Makes a job of a loop of `count` calls of `body` and gives it to `use_it`, which must take the job out of every list,
/// with no helpers left, before it returns; it must not panic (`body` does not either, the pool guards it).
pub(super) fn with(count: usize, body: &(dyn Fn(usize) + Sync), use_it: impl FnOnce(Job, &Handle)) {
    let shared = Loop {
        next: AtomicUsize::new(0),
        count,
        body,
        alive: Alive::new(),
    };
    let handle = Handle((&raw const shared).cast());
    use_it(Job { handle, helpers: 0 }, &handle);
    shared.alive.end();
}
