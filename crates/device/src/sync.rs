//! Locks and condition variables with which a forked child can do its own work.
//!
//! Those of `parking_lot` keep all waiting threads of a process in one table. A fork while some thread of the parent is just
//! about to wait, or is woken, leaves a part of the table locked in the child for ever, and a new lock of the child whose
//! waiting threads come to lie there hangs. The locks of the standard library wait on themselves alone. So what threads
//! wait with is made of those, here with the interface of `parking_lot`: no poison, and guards that are lent to a wait.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{self, PoisonError};
use std::time::Duration;

/// A lock. A panic of its holder does not poison it.
#[derive(Default)]
pub struct Mutex<T>(sync::Mutex<T>);

/// The hold of a [`Mutex`], which ends with its drop.
#[must_use = "the lock is released when its guard is dropped"]
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    /// Only absent while the guard is lent.
    guard: Option<sync::MutexGuard<'a, T>>,
}

impl<T> Mutex<T> {
    /// Makes a lock over `value`.
    pub const fn new(value: T) -> Self {
        Mutex(sync::Mutex::new(value))
    }

    /// Waits for the lock, and takes it.
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        MutexGuard {
            mutex: self,
            guard: Some(self.0.lock().unwrap_or_else(PoisonError::into_inner)),
        }
    }

    /// Takes the lock if no thread has it.
    #[inline]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        let guard = match self.0.try_lock() {
            Ok(guard) => guard,
            Err(sync::TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(sync::TryLockError::WouldBlock) => return None,
        };
        Some(MutexGuard {
            mutex: self,
            guard: Some(guard),
        })
    }

    /// The value, by the only owner of the lock.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the lock and returns the value.
    pub fn into_inner(self) -> T {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> MutexGuard<'_, T> {
    /// Calls `work` without the lock, and takes the lock again, also where `work` panics.
    pub fn unlocked<R>(guard: &mut Self, work: impl FnOnce() -> R) -> R {
        struct Relock<'a, 'b, T>(&'a mut MutexGuard<'b, T>);
        impl<T> Drop for Relock<'_, '_, T> {
            fn drop(&mut self) {
                self.0.guard = self.0.mutex.lock().guard;
            }
        }
        guard.guard = None;
        let _relock = Relock(guard);
        work()
    }
}

const HELD: &str = "a guard has its lock unless it is lent, which borrows it";

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        self.guard.as_ref().expect(HELD)
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.guard.as_mut().expect(HELD)
    }
}

/// A condition that threads wait for. What they wait for changes under the lock that they wait with, or it may be missed.
#[derive(Default)]
pub struct Condvar {
    condition: sync::Condvar,
    /// The number of waiting threads, counted under the lock: with none of them there is no call of the system to make. Who
    /// changed the state under the lock either sees a thread that went to wait before, or is seen by it.
    waiting: AtomicUsize,
}

impl Condvar {
    /// Makes a condition.
    pub const fn new() -> Self {
        Condvar {
            condition: sync::Condvar::new(),
            waiting: AtomicUsize::new(0),
        }
    }

    /// Wakes one waiting thread.
    #[inline]
    pub fn notify_one(&self) {
        if self.waiting.load(Ordering::Relaxed) > 0 {
            self.condition.notify_one();
        }
    }

    /// Wakes all waiting threads.
    #[inline]
    pub fn notify_all(&self) {
        if self.waiting.load(Ordering::Relaxed) > 0 {
            self.condition.notify_all();
        }
    }

    /// Releases the lock, waits for a notification, and takes the lock again; may come back for no reason.
    pub fn wait<T>(&self, guard: &mut MutexGuard<'_, T>) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let held = guard.guard.take().expect(HELD);
        let held = self.condition.wait(held);
        guard.guard = Some(held.unwrap_or_else(PoisonError::into_inner));
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// Waits as [`Condvar::wait`] does, at most `limit`.
    pub fn wait_for<T>(&self, guard: &mut MutexGuard<'_, T>, limit: Duration) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let held = guard.guard.take().expect(HELD);
        let held = self.condition.wait_timeout(held, limit);
        guard.guard = Some(held.unwrap_or_else(PoisonError::into_inner).0);
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<T> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mutex")
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Condvar")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn a_panic_neither_poisons_nor_keeps_the_lock() {
        let mutex = Mutex::new(1);
        let mut guard = mutex.lock();
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            MutexGuard::unlocked(&mut guard, || {
                assert_eq!(mutex.try_lock().map(|guard| *guard), Some(1));
                panic!("on purpose");
            })
        }));
        assert!(panicked.is_err());
        assert!(mutex.try_lock().is_none());
        drop(guard);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _guard = mutex.lock();
            panic!("on purpose");
        }));
        assert!(panicked.is_err());
        *mutex.lock() += 1;
        assert_eq!(mutex.into_inner(), 2);
    }

    #[test]
    fn every_change_is_seen() {
        let (turn, changed) = (Mutex::new(0), Condvar::new());
        std::thread::scope(|scope| {
            for mine in 0..4 {
                let (turn, changed) = (&turn, &changed);
                scope.spawn(move || {
                    for round in 0..500 {
                        let mut guard = turn.lock();
                        while *guard != 4 * round + mine {
                            changed.wait(&mut guard);
                        }
                        *guard += 1;
                        drop(guard);
                        changed.notify_all();
                    }
                });
            }
        });
        assert_eq!(*turn.lock(), 2000);
        assert_eq!(changed.waiting.load(Ordering::Relaxed), 0);
        let mut guard = turn.lock();
        changed.wait_for(&mut guard, Duration::from_millis(1));
        assert_eq!(*guard, 2000);
    }
}
