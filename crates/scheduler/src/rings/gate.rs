//! A gate at which threads park until the rings progress, and by which the progressing thread knows that one waits.

use super::sync::{AtomicU32, Condvar, Mutex, Ordering, fence};
use std::time::Duration;

/// A gate, at which threads wait for progress that other threads make with plain atomics. Progress costs one fence and
/// one load while no thread waits; locks and system calls come only with a waiter.
///
/// Why no wake-up is lost. A waiter counts itself in, passes a fence, and looks at the state only then; who makes progress
/// changes the state, passes a fence, and looks for waiters only then. Fences have one order. If the waiter's is first, the
/// other side sees it and raises the epoch, which the waiter read before it looked. If the waiter's is second, it sees the
/// progress and does not park.
#[derive(Default)]
pub(super) struct Gate {
    waiting: AtomicU32,
    /// The number of wake-ups.
    epoch: Mutex<u64>,
    raised: Condvar,
}

impl Gate {
    /// Wakes the waiters, which look again. To be called after every change that one may wait for.
    pub(super) fn notify(&self) {
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::Relaxed) != 0 {
            self.wake();
        }
    }

    #[cold]
    fn wake(&self) {
        *self.epoch.lock() += 1;
        self.raised.notify_all();
    }

    /// Counts the caller as a waiter. It looks at the state it waits for after this, and before it
    /// parks.
    pub(super) fn enter(&self) -> Waiter<'_> {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        Waiter {
            gate: self,
            epoch: *self.epoch.lock(),
        }
    }
}

/// A thread that counts as a waiter until this is dropped.
pub(super) struct Waiter<'a> {
    gate: &'a Gate,
    epoch: u64,
}

impl Waiter<'_> {
    /// Parks until there was a wake-up since the last call, or since the caller became a waiter; at most `limit`. May
    /// come back for no reason.
    pub(super) fn park(&mut self, limit: Duration) {
        let mut epoch = self.gate.epoch.lock();
        if *epoch == self.epoch {
            epoch = self.gate.raised.wait(epoch, limit);
        }
        self.epoch = *epoch;
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.gate.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}
