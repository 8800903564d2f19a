//! The stored parts of a task: a record until it is consumed, a header until it is released.

use super::exports;
use super::sync::{AtomicU32, AtomicU64, Mutex, MutexGuard, Ordering};
use super::word::Word;

/// The edge number that ends a fan-out list.
pub(super) const NO_EDGE: u32 = u32::MAX;

/// The record of a task in the consumed ring: one cache line.
///
/// `word` is shared by all; the completer alone reads and writes `fanout`; the admission writes the rest before the task is
/// published, and it does not change until the task is consumed.
#[repr(C, align(64))]
pub(super) struct Record {
    pub(super) word: Word,
    /// The position in the transient part of the arena behind the output of this task.
    pub(super) arena_end: AtomicU64,
    /// The number of the open batch that the task belongs to; 0 for none.
    pub(super) batch: AtomicU64,
    /// The previous task in its batch.
    pub(super) batch_previous: AtomicU64,
    /// The newest edge of an unreleased consumer.
    pub(super) fanout: AtomicU32,
    /// The slot of the exported output, or [`exports::NONE`].
    pub(super) export: AtomicU32,
}

#[cfg(not(loom))]
const _: () = assert!(size_of::<Record>() == 64 && align_of::<Record>() == 64);

impl Record {
    pub(super) fn new() -> Self {
        Record {
            word: Word::free(),
            arena_end: AtomicU64::new(0),
            batch: AtomicU64::new(0),
            batch_previous: AtomicU64::new(0),
            fanout: AtomicU32::new(NO_EDGE),
            export: AtomicU32::new(exports::NONE),
        }
    }
}

/// The part of a slot of the main ring that does not depend on the descriptor's type. Written by the admission before the task
/// is published; does not change until the task is released.
pub(super) struct Header {
    /// The first edge of the task, as a number of the edge pool, counted since the beginning.
    pub(super) edges_begin: AtomicU64,
    pub(super) edges_end: AtomicU64,
}

impl Header {
    pub(super) fn new() -> Self {
        Header {
            edges_begin: AtomicU64::new(0),
            edges_end: AtomicU64::new(0),
        }
    }
}

/// A dependency of one task on another, which belongs to the consumer. `producer` and `settled` are the admission's to write,
/// `next` and `consumer` the completer's.
pub(super) struct Edge {
    pub(super) producer: AtomicU64,
    /// The consumer's number.
    pub(super) consumer: AtomicU64,
    /// The next edge of the same producer.
    pub(super) next: AtomicU32,
    /// Whether the consumer does not fail with the producer (1).
    settled: AtomicU32,
}

pub(super) const EDGE_BYTES: usize = size_of::<Edge>();

impl Edge {
    pub(super) fn new() -> Self {
        Edge {
            producer: AtomicU64::new(0),
            consumer: AtomicU64::new(0),
            next: AtomicU32::new(NO_EDGE),
            settled: AtomicU32::new(0),
        }
    }

    /// Whether the consumer fails when the producer does.
    pub(super) fn passes_failure(&self) -> bool {
        small(&self.settled) == 0
    }

    /// Writes the admission's part.
    pub(super) fn open(&self, producer: u64, is_settled: bool) {
        set(&self.producer, producer);
        set_small(&self.settled, is_settled.into());
    }
}

/// A descriptor between the submitter and the completer, which hands it over or drops it.
///
/// The protocol of the rings already gives it one owner at a time: the admission while the slot is free, the completer from
/// the publication on. The lock is never waited for; it makes that protocol safe code and checks it.
pub(super) struct Handover<D>(Mutex<Option<D>>);

impl<D> Handover<D> {
    pub(super) fn new() -> Self {
        Handover(Mutex::new(None))
    }

    fn open(&self) -> MutexGuard<'_, Option<D>> {
        self.0
            .try_lock()
            .expect("the admission owns a free slot, the completer a used one")
    }

    pub(super) fn put(&self, descriptor: D) {
        *self.open() = Some(descriptor);
    }

    pub(super) fn take(&self) -> Option<D> {
        self.open().take()
    }
}

/// Reads a field that changes only while no other thread may read it; the publication of the task orders the read.
pub(super) fn field(value: &AtomicU64) -> u64 {
    value.load(Ordering::Relaxed)
}

/// Reads a 32-bit field like [`field`].
pub(super) fn small(value: &AtomicU32) -> u32 {
    value.load(Ordering::Relaxed)
}

/// Writes a field that changes only while no other thread may read it.
pub(super) fn set(target: &AtomicU64, value: u64) {
    target.store(value, Ordering::Relaxed);
}

/// Writes a 32-bit field like [`set`].
pub(super) fn set_small(target: &AtomicU32, value: u32) {
    target.store(value, Ordering::Relaxed);
}
