//! The threads that copy pieces: the calling one, and the copy threads of the memory manager.

use pixelflume_device::Helpers;
use pixelflume_device::sync::Mutex;
use pixelflume_memory::{MemoryError, MemoryManager};
use std::sync::atomic::{AtomicBool, Ordering};

/// The copy threads, unless this thread is to copy `alone`, or there are none.
pub(super) fn helpers(alone: bool, memory: &MemoryManager) -> Option<&Helpers> {
    let threads = (!alone).then(|| memory.copy_threads());
    threads.filter(|threads| threads.count() > 0)
}

/// Calls `copy` with each of `0..count`, on this thread and on the helpers, if there are any. Returns when all calls are done,
/// with the first error; after an error no further call is made.
pub(super) fn for_each(
    helpers: Option<&Helpers>,
    count: usize,
    copy: impl Fn(usize) -> Result<(), MemoryError> + Sync,
) -> Result<(), MemoryError> {
    let Some(helpers) = helpers else {
        return (0..count).try_for_each(copy);
    };
    let failed = AtomicBool::new(false);
    let first = Mutex::new(None);
    helpers.for_each(count, &|index| {
        if failed.load(Ordering::Relaxed) {
            return;
        }
        if let Err(error) = copy(index) {
            failed.store(true, Ordering::Relaxed);
            first.lock().get_or_insert(error);
        }
    });
    first.into_inner().map_or(Ok(()), Err)
}
