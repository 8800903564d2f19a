//! Values that each process makes for itself.
#![expect(
    unsafe_code,
    reason = "lends what is behind an atomic pointer, since a lock could stay locked in a forked child"
)]

use crate::process::ProcessStamp;
use std::fmt;
use std::marker::PhantomData;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

/// A place for a value of which every process has its own, made at its first use.
///
/// A process that is forked from one that has the value makes another at its first [`PerProcess::get_or_init`]. The value of its
/// parent, in which locks may be held by threads that the child does not have, is neither used nor dropped there.
///
/// ```
/// use pixelflume_device::PerProcess;
///
/// let place = PerProcess::new();
/// assert!(place.get().is_none());
/// assert_eq!(*place.get_or_init(|| 7), 7);
/// assert_eq!(*place.get_or_init(|| 8), 7);
/// ```
pub struct PerProcess<T> {
    /// The value of the process that used the place last; null before the first use.
    slot: AtomicPtr<Slot<T>>,
    /// The place owns a slot.
    owned: PhantomData<Box<Slot<T>>>,
}

struct Slot<T> {
    process: ProcessStamp,
    value: T,
}

impl<T> PerProcess<T> {
    /// A place without a value.
    #[must_use]
    pub const fn new() -> Self {
        PerProcess {
            slot: AtomicPtr::new(ptr::null_mut()),
            owned: PhantomData,
        }
    }

    /// The value of this process, if it was made.
    pub fn get(&self) -> Option<&T> {
        let slot = self.slot.load(Ordering::Acquire);
        // SAFETY: a pointer that is not null came from `Box::into_raw` in `get_or_init`, whose store this load has acquired. A
        // slot is freed only by the drop of `self`, which is borrowed; one that was replaced is never freed.
        let slot = unsafe { slot.as_ref() }?;
        slot.process.is_current().then_some(&slot.value)
    }

    /// The value of this process, which `make` gives at the first call. Where several threads come first at the same time, each may
    /// call its `make`, and one value stays.
    pub fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        if let Some(value) = self.get() {
            return value;
        }
        let new = Box::into_raw(Box::new(Slot {
            process: ProcessStamp::current(),
            value: make(),
        }));
        loop {
            let old = self.slot.load(Ordering::Acquire);
            if let Some(value) = self.get() {
                // SAFETY: the pointer is the one of above, and nobody else has seen it.
                drop(unsafe { Box::from_raw(new) });
                return value;
            }
            let exchanged =
                self.slot
                    .compare_exchange(old, new, Ordering::AcqRel, Ordering::Acquire);
            if exchanged.is_ok() {
                // SAFETY: as in `get`; the slot is freed only by the drop of `self`, which is borrowed.
                return unsafe { &(*new).value };
            }
        }
    }
}

// SAFETY: the place owns its value, and threads get no more than shared references to it from a shared place.
unsafe impl<T: Send + Sync> Sync for PerProcess<T> {}
// SAFETY: the place owns its value.
unsafe impl<T: Send> Send for PerProcess<T> {}

impl<T> Default for PerProcess<T> {
    fn default() -> Self {
        PerProcess::new()
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        if self.get().is_some() {
            // SAFETY: the slot came from `Box::into_raw`, it is the one of this process, and the only owner goes.
            drop(unsafe { Box::from_raw(*self.slot.get_mut()) });
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for PerProcess<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PerProcess").field(&self.get()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn a_value_of_a_parent_process_is_replaced_and_left_alone() {
        let place = PerProcess::new();
        let counted = Arc::new(());
        let inherited = Box::into_raw(Box::new(Slot {
            process: ProcessStamp::of_another_process(),
            value: (Mutex::new(1), counted.clone()),
        }));
        // SAFETY: the slot is never freed.
        let held = unsafe { &*inherited }.value.0.lock();
        place.slot.store(inherited, Ordering::Release);
        assert!(place.get().is_none());
        let (number, _) = place.get_or_init(|| (Mutex::new(2), counted.clone()));
        assert_eq!(*number.lock().unwrap(), 2);
        drop(held);
        drop(place);
        // The inherited one is still there.
        assert_eq!(Arc::strong_count(&counted), 2);
    }

    #[test]
    fn threads_that_come_first_at_once_share_one_value() {
        let counted = Arc::new(());
        let place = PerProcess::new();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| place.get_or_init(|| counted.clone()));
            }
        });
        assert_eq!(Arc::strong_count(&counted), 2);
        drop(place);
        assert_eq!(Arc::strong_count(&counted), 1);
    }
}
