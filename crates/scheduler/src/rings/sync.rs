//! The atomics and locks of the rings: the ones of the program, or under `--cfg loom` the ones of the model checker.

#[cfg(not(loom))]
pub(super) use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence},
};

#[cfg(loom)]
pub(super) use loom::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence},
};

#[cfg(not(loom))]
mod locks {
    use std::time::Duration;

    pub(in crate::rings) use pixelflume_device::sync::{Mutex, MutexGuard};

    #[derive(Default)]
    pub(in crate::rings) struct Condvar(pixelflume_device::sync::Condvar);

    impl Condvar {
        pub(in crate::rings) fn notify_all(&self) {
            self.0.notify_all();
        }

        /// Waits for a notification, at most `limit`; wakes without one, too.
        pub(in crate::rings) fn wait<'a, T>(
            &self,
            mut guard: MutexGuard<'a, T>,
            limit: Duration,
        ) -> MutexGuard<'a, T> {
            self.0.wait_for(&mut guard, limit);
            guard
        }
    }
}

#[cfg(loom)]
mod locks {
    use std::time::Duration;

    pub(in crate::rings) use loom::sync::MutexGuard;

    const POISON: &str = "a model ends with its first panic";

    #[derive(Default)]
    pub(in crate::rings) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(in crate::rings) fn new(value: T) -> Self {
            Mutex(loom::sync::Mutex::new(value))
        }

        pub(in crate::rings) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().expect(POISON)
        }

        pub(in crate::rings) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            self.0.try_lock().ok()
        }
    }

    #[derive(Default)]
    pub(in crate::rings) struct Condvar(loom::sync::Condvar);

    impl Condvar {
        pub(in crate::rings) fn notify_all(&self) {
            self.0.notify_all();
        }

        /// Never times out: a wait that nothing ends is a dead end that the model checker reports.
        pub(in crate::rings) fn wait<'a, T>(
            &self,
            guard: MutexGuard<'a, T>,
            _limit: Duration,
        ) -> MutexGuard<'a, T> {
            self.0.wait(guard).expect(POISON)
        }
    }
}

pub(super) use locks::{Condvar, Mutex, MutexGuard};
