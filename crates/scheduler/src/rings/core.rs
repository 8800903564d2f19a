//! The state that submitters, leases and the completer share, with the writer of each part.

use super::exports::Exports;
use super::gate::Gate;
use super::record::{Edge, Handover, Header, Record, field, small};
use super::sync::{Arc, AtomicBool, AtomicU64, Mutex, Ordering};
use super::word::{Generation, Refusal, Status};
use super::{Admission, EffectiveConfig, MAX_REFERENCES, RetainError, StaleHandle, TaskId};
use crossbeam::utils::CachePadded;

/// The part of the shared state that does not depend on the type of the descriptors.
pub(super) struct Core {
    /// The admission, behind the lock of the submitters.
    pub(super) admission: CachePadded<Mutex<Admission>>,
    /// Tasks with a smaller number are published. Written by the admission.
    pub(super) submitted: CachePadded<AtomicU64>,
    /// `last_released`: tasks with a smaller number are released. Written by the completer.
    pub(super) released: CachePadded<AtomicU64>,
    /// `last_consumed`: tasks with a smaller number are consumed, and their records taken back. Written by the
    /// admission.
    pub(super) consumed: CachePadded<AtomicU64>,
    /// The gate at which submitters wait for room.
    pub(super) progress: CachePadded<Gate>,
    /// The gate at which threads wait for tasks.
    pub(super) work: CachePadded<Gate>,
    pub(super) closed: AtomicBool,
    pub(super) records: Box<[Record]>,
    pub(super) headers: Box<[Header]>,
    pub(super) edges: Box<[Edge]>,
    pub(super) exports: Exports,
    pub(super) config: EffectiveConfig,
    generation_shift: u32,
}

/// The core, and the descriptors.
pub(super) struct Shared<D> {
    pub(super) core: Arc<Core>,
    pub(super) descriptors: Box<[Handover<D>]>,
}

impl<D> Shared<D> {
    pub(super) fn new(config: EffectiveConfig) -> Self {
        let tasks = config.task_window.value;
        Shared {
            descriptors: (0..tasks).map(|_| Handover::new()).collect(),
            core: Arc::new(Core::new(config)),
        }
    }

    pub(super) fn descriptor(&self, id: u64) -> &Handover<D> {
        &self.descriptors[id as usize & (self.descriptors.len() - 1)]
    }
}

impl Core {
    fn new(config: EffectiveConfig) -> Self {
        let first = config.first_task;
        let records = config.consumed_window.value;
        Core {
            admission: CachePadded::new(Mutex::new(Admission::new(&config))),
            submitted: CachePadded::new(AtomicU64::new(first)),
            released: CachePadded::new(AtomicU64::new(first)),
            consumed: CachePadded::new(AtomicU64::new(first)),
            progress: CachePadded::default(),
            work: CachePadded::default(),
            closed: AtomicBool::new(false),
            records: (0..records).map(|_| Record::new()).collect(),
            headers: (0..config.task_window.value)
                .map(|_| Header::new())
                .collect(),
            edges: (0..config.edge_pool.value).map(|_| Edge::new()).collect(),
            exports: Exports::new(config.export_slots.value as usize),
            generation_shift: records.trailing_zeros(),
            config,
        }
    }

    pub(super) fn generation(&self, id: u64) -> Generation {
        Generation::of(id, self.generation_shift)
    }

    pub(super) fn record(&self, id: u64) -> &Record {
        &self.records[id as usize & (self.records.len() - 1)]
    }

    pub(super) fn header(&self, id: u64) -> &Header {
        &self.headers[id as usize & (self.headers.len() - 1)]
    }

    /// The edge with this number.
    pub(super) fn edge(&self, number: u64) -> &Edge {
        &self.edges[self.edge_index(number) as usize]
    }

    pub(super) fn edge_index(&self, number: u64) -> u32 {
        number as u32 & (self.edges.len() as u32 - 1)
    }

    /// The status of a task; `None` when it is consumed and its record has another task.
    pub(super) fn status(&self, id: u64) -> Option<Status> {
        self.record(id).word.status(self.generation(id))
    }

    pub(super) fn retain(&self, task: TaskId) -> Result<(), RetainError> {
        let claimed = self.record(task.0).word.claim(self.generation(task.0));
        claimed.map_err(|refusal| match refusal {
            Refusal::Gone => RetainError::Stale(StaleHandle { task }),
            Refusal::Crowded => RetainError::TooManyReferences {
                task,
                limit: MAX_REFERENCES,
            },
        })
    }

    /// Gives back a reference of the caller. `true` where that consumed the task: then [`Core::progress`] is to be
    /// notified.
    pub(super) fn unclaim(&self, id: u64) -> bool {
        let record = self.record(id);
        // Read before the reference goes: after that the slot may have another task.
        let export = small(&record.export);
        let consumed = record.word.unclaim();
        if consumed {
            self.consumed(export);
        }
        consumed
    }

    /// Drops the record's reference to the export, at the end of a task.
    pub(super) fn consumed(&self, export: u32) {
        if export != super::exports::NONE {
            self.exports.drop_reference(export);
        }
    }

    /// Gives back a reference and wakes waiters.
    pub(super) fn unclaim_and_notify(&self, id: u64) {
        if self.unclaim(id) {
            self.progress.notify();
        }
    }

    /// The task before `id` in its batch, which the caller keeps open.
    pub(super) fn batch_previous(&self, id: u64) -> u64 {
        field(&self.record(id).batch_previous)
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.progress.notify();
        self.work.notify();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }
}
