//! The identities of streams that were not made here: the default streams, and streams of other users of the driver.

use crate::stream_id::StreamId;
use crate::sync::Mutex;
use std::ffi::c_void;
use std::sync::{Arc, Weak};
use std::thread::ThreadId;

/// The streams of a device that are borrowed now. A stream that is borrowed twice has one identity, so that nothing orders it
/// with itself by events.
#[derive(Default)]
pub(super) struct BorrowedStreams(Mutex<Vec<(Queue, Weak<StreamId>)>>);

/// The queue of the driver that a handle names.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(super) enum Queue {
    /// The legacy default stream of the device's context.
    Legacy,
    /// The default stream that the context has for this thread. Its handle names another stream on every thread.
    OfThread(ThreadId),
    /// A stream that somebody created, by its handle.
    Created(usize),
}

impl Queue {
    /// The queue that a handle names on the calling thread.
    pub(super) fn of(raw: *mut c_void) -> Self {
        match raw.addr() {
            0 | LEGACY => Queue::Legacy,
            PER_THREAD => Queue::OfThread(std::thread::current().id()),
            created => Queue::Created(created),
        }
    }

    /// The handle.
    pub(super) fn handle(self) -> *mut c_void {
        std::ptr::without_provenance_mut(match self {
            Queue::Legacy => LEGACY,
            Queue::OfThread(_) => PER_THREAD,
            Queue::Created(created) => created,
        })
    }
}

/// `CU_STREAM_LEGACY`. A null handle means the same.
const LEGACY: usize = 1;

/// `CU_STREAM_PER_THREAD`.
const PER_THREAD: usize = 2;

impl BorrowedStreams {
    /// The identity of a queue, which its borrowers share. It has to be dropped before the owner that keeps the queue: a new
    /// stream may get the handle of a destroyed one, and is another.
    pub(super) fn identity(&self, queue: Queue) -> Arc<StreamId> {
        let mut borrowed = self.0.lock();
        let found = borrowed.iter().find(|(other, _)| *other == queue);
        if let Some(identity) = found.and_then(|(_, identity)| identity.upgrade()) {
            return identity;
        }
        borrowed.retain(|(_, identity)| identity.strong_count() > 0);
        let identity = Arc::new(StreamId::fresh());
        borrowed.push((queue, Arc::downgrade(&identity)));
        identity
    }
}
