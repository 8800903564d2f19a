//! The locks of the worker pool: the ones of the program, or under `--cfg loom` the ones of the model checker.

#[cfg(not(loom))]
mod program {
    pub(in crate::workers) use crate::sync::{Mutex, MutexGuard};
    pub(in crate::workers) use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Default)]
    pub(in crate::workers) struct Condvar(crate::sync::Condvar);

    impl Condvar {
        pub(in crate::workers) fn notify_one(&self) {
            self.0.notify_one();
        }

        pub(in crate::workers) fn notify_all(&self) {
            self.0.notify_all();
        }

        pub(in crate::workers) fn wait<'a, T>(
            &self,
            mut guard: MutexGuard<'a, T>,
        ) -> MutexGuard<'a, T> {
            self.0.wait(&mut guard);
            guard
        }
    }

    /// A check that does nothing, in place of the one of the model checker.
    pub(in crate::workers) struct Alive;

    impl Alive {
        #[inline(always)]
        pub(in crate::workers) fn new() -> Self {
            Alive
        }

        #[inline(always)]
        #[expect(clippy::unused_self, reason = "as in the model")]
        pub(in crate::workers) fn check(&self) {}

        #[inline(always)]
        #[expect(clippy::unused_self, reason = "as in the model")]
        pub(in crate::workers) fn end(&self) {}
    }
}

#[cfg(loom)]
mod model {
    pub(in crate::workers) use loom::sync::MutexGuard;
    pub(in crate::workers) use loom::sync::atomic::{AtomicUsize, Ordering};

    const POISON: &str = "a model ends with its first panic";

    pub(in crate::workers) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(in crate::workers) fn new(value: T) -> Self {
            Mutex(loom::sync::Mutex::new(value))
        }

        pub(in crate::workers) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().expect(POISON)
        }

        pub(in crate::workers) fn into_inner(self) -> T {
            self.0.into_inner().expect(POISON)
        }
    }

    #[derive(Default)]
    pub(in crate::workers) struct Condvar(loom::sync::Condvar);

    impl Condvar {
        pub(in crate::workers) fn notify_one(&self) {
            self.0.notify_one();
        }

        pub(in crate::workers) fn notify_all(&self) {
            self.0.notify_all();
        }

        pub(in crate::workers) fn wait<'a, T>(
            &self,
            guard: MutexGuard<'a, T>,
        ) -> MutexGuard<'a, T> {
            self.0.wait(guard).expect(POISON)
        }
    }

    /// A check that a value on a thread's stack still exists. A look at it that nothing orders before its end, or that
    /// comes after it, fails the model.
    pub(in crate::workers) struct Alive(loom::cell::Cell<bool>);

    impl Alive {
        pub(in crate::workers) fn new() -> Self {
            Alive(loom::cell::Cell::new(true))
        }

        pub(in crate::workers) fn check(&self) {
            assert!(self.0.get(), "the loop is gone");
        }

        pub(in crate::workers) fn end(&self) {
            self.0.set(false);
        }
    }
}

#[cfg(loom)]
pub(super) use model::{Alive, AtomicUsize, Condvar, Mutex, MutexGuard, Ordering};
#[cfg(not(loom))]
pub(super) use program::{Alive, AtomicUsize, Condvar, Mutex, MutexGuard, Ordering};
