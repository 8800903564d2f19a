//! Processes and forks: the process in which something was made, and what a forked child must not drop.
//!
//! A fork copies the memory of a process and only the thread that calls it. Worker threads do not exist in the child, locks
//! that they held stay locked, and data that they were changing stays half changed. CUDA does not survive a fork at all. So
//! a child must not lock, wait for or drop what threads of its parent shared.
#![expect(
    unsafe_code,
    reason = "registers a function for the children of forks, and leaves values undropped"
)]

use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicU32, Ordering};

/// The number of forks between this process and the one that first asked for a [`ProcessStamp`]. A fork changes it in the
/// child before the child's program goes on.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// The process in which something was made. A child that is forked from it has another one; so has each child's child.
///
/// To compare costs one relaxed load, and no call of the system.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct ProcessStamp(u32);

impl ProcessStamp {
    /// The stamp of this process. From the first call on, forks are noticed.
    #[must_use]
    pub fn current() -> Self {
        notice_forks();
        ProcessStamp(FORKS.load(Ordering::Relaxed))
    }

    /// Whether this is the process of the stamp, and not a child that was forked from it.
    #[inline]
    #[must_use]
    pub fn is_current(self) -> bool {
        // A fork copies one thread, so what it sees is ordered by that thread alone.
        self.0 == FORKS.load(Ordering::Relaxed)
    }

    /// The number of the process, counted in forks.
    #[cfg(feature = "cuda")]
    pub(crate) fn number(self) -> u32 {
        self.0
    }

    #[cfg(test)]
    pub(crate) fn of_another_process() -> Self {
        ProcessStamp(u32::MAX)
    }
}

/// A value of one process: a child that is forked from the process does not drop its copy, but leaks it.
///
/// For what threads share behind a lock, and for handles of a driver. In a child, a thread that no longer exists may have been
/// changing the value when the process was forked, and a handle means nothing.
pub struct ProcessBound<T> {
    value: ManuallyDrop<T>,
    process: ProcessStamp,
}

impl<T> ProcessBound<T> {
    /// Makes `value` one of this process.
    pub fn new(value: T) -> Self {
        ProcessBound {
            value: ManuallyDrop::new(value),
            process: ProcessStamp::current(),
        }
    }

    /// The value itself; `None` in a child that was forked since, where it is leaked.
    pub fn into_inner(bound: Self) -> Option<T> {
        let mut bound = ManuallyDrop::new(bound);
        if !bound.process.is_current() {
            return None;
        }
        // SAFETY: neither `bound`, which is never dropped, nor its value is used after this.
        Some(unsafe { ManuallyDrop::take(&mut bound.value) })
    }

    /// Whether the value was made in a parent of this process, before a fork.
    #[inline]
    pub fn is_inherited(bound: &Self) -> bool {
        !bound.process.is_current()
    }
}

impl<T: Default> Default for ProcessBound<T> {
    fn default() -> Self {
        ProcessBound::new(T::default())
    }
}

impl<T> Deref for ProcessBound<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for ProcessBound<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T> Drop for ProcessBound<T> {
    fn drop(&mut self) {
        if self.process.is_current() {
            // SAFETY: this is the drop of the only owner, and nothing uses the value after it.
            unsafe { ManuallyDrop::drop(&mut self.value) };
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for ProcessBound<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.process.is_current() {
            true => self.value.fmt(f),
            false => f.write_str("of a parent process"),
        }
    }
}

/// Registers [`in_child`] for the forks to come. Without a lock, which a fork could leave locked: where two threads come at
/// the same time both register, and a fork then counts twice, which tells the processes apart as well.
#[cfg(all(unix, not(miri)))]
fn notice_forks() {
    use std::sync::atomic::AtomicBool;

    static REGISTERED: AtomicBool = AtomicBool::new(false);

    if REGISTERED.load(Ordering::Acquire) {
        return;
    }
    // SAFETY: the function has the signature that is asked for, and does only what a child of a process with threads may do.
    let refused = unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    if refused != 0 {
        // Only for want of memory; the next call tries again.
        tracing::warn!("forks of this process cannot be noticed: error {refused}");
        return;
    }
    REGISTERED.store(true, Ordering::Release);
}

/// Counts a fork, in the child. It runs before `fork` returns there.
#[cfg(all(unix, not(miri)))]
extern "C" fn in_child() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// There are no forks here.
#[cfg(not(all(unix, not(miri))))]
fn notice_forks() {}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn a_value_is_dropped_in_its_own_process() {
        let counted = Arc::new(());
        let bound = ProcessBound::new(counted.clone());
        assert!(!ProcessBound::is_inherited(&bound));
        drop(bound);
        assert_eq!(Arc::strong_count(&counted), 1);
    }

    #[test]
    fn a_value_of_another_process_is_leaked() {
        let counted = Arc::new(());
        let bound = ProcessBound {
            value: ManuallyDrop::new(counted.clone()),
            process: ProcessStamp::of_another_process(),
        };
        assert!(ProcessBound::is_inherited(&bound));
        assert_eq!(format!("{bound:?}"), "of a parent process");
        drop(bound);
        assert_eq!(Arc::strong_count(&counted), 2);
    }
}
