//! Work on several images by several threads.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Calls `work` with each item, on this thread and on at most `threads - 1` others, which live as long as the call. Where calls
/// fail, the error of the first item in order that failed is returned, and later items may not have been worked on.
pub(super) fn try_for_each<T: Send, E: Send>(
    items: &mut [T],
    threads: usize,
    work: impl Fn(&mut T) -> Result<(), E> + Sync,
) -> Result<(), E> {
    let others = threads.min(items.len()).saturating_sub(1);
    if others == 0 {
        return items.iter_mut().try_for_each(work);
    }
    // Items are given out in order, so that all before the first failure have been worked on.
    let next = Mutex::new(items.iter_mut().enumerate());
    let failed = AtomicBool::new(false);
    let first: Mutex<Option<(usize, E)>> = Mutex::new(None);
    let take_turns = || {
        while !failed.load(Ordering::Relaxed) {
            let Some((index, item)) = lock(&next).next() else {
                return;
            };
            if let Err(error) = work(item) {
                failed.store(true, Ordering::Relaxed);
                let mut first = lock(&first);
                if first.as_ref().is_none_or(|(earlier, _)| index < *earlier) {
                    *first = Some((index, error));
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..others {
            // Where the system gives no thread, those that there are do the work.
            let spawned = thread::Builder::new()
                .name("pixelflume-frames".to_owned())
                .spawn_scoped(scope, take_turns);
            if spawned.is_err() {
                break;
            }
        }
        take_turns();
    });
    let first = first
        .into_inner()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    first.map_or(Ok(()), |(_, error)| Err(error))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}
