//! The threads of the process that decode files.

use parking_lot::Mutex;
use pixelflume_device::{Helpers, PerProcess, default_threads};

/// One pool for the process, however many devices, runners and decoders it has. A forked child makes its own.
static HELPERS: PerProcess<Helpers> = PerProcess::new();

/// Calls `work` with each of `0..count`, on this thread and on the others. Returns when all calls are done.
pub(crate) fn for_each(count: usize, work: &(dyn Fn(usize) + Sync)) {
    if count <= 1 {
        return (0..count).for_each(work);
    }
    let start = || Helpers::new("pixelflume-dec", default_threads() - 1);
    HELPERS.get_or_init(start).for_each(count, work);
}

/// What `work` makes of each item and its index, in the order of the items; on this thread and on the others.
pub(crate) fn map<T: Send, R: Send>(items: Vec<T>, work: impl Fn(usize, T) -> R + Sync) -> Vec<R> {
    let places: Vec<_> = items
        .into_iter()
        .map(|item| (Mutex::new(Some(item)), Mutex::new(None)))
        .collect();
    for_each(places.len(), &|index| {
        let (item, result) = &places[index];
        if let Some(item) = item.lock().take() {
            *result.lock() = Some(work(index, item));
        }
    });
    let results = places.into_iter().map(|(_, result)| result.into_inner());
    results
        .map(|result| result.expect("each call has written its result"))
        .collect()
}
