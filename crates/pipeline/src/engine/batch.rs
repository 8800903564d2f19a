//! A batch of an engine in each of its states: begun, submitted, in flight, ready.
//!
//! A lane is free, with an open writer, or with a batch in flight. All other resources of a batch are set aside in the task
//! rings when it is begun, together with the lane or not at all. So nothing after that waits for room, and the engine can
//! drain whatever its users do.

use super::lane::EngineLane;
use super::place::ResultPlace;
use super::{BatchId, FailureCause};
use pixelflume_scheduler::rings::{Batch, ExportLease, TaskId, TaskLease};

/// The descriptor of a task: the lane that executes a batch, and the memory of its results.
pub(super) struct Work {
    pub(super) lane: Box<EngineLane>,
    pub(super) output: ResultPlace,
    pub(super) frames: usize,
    pub(super) failed: Option<FailureCause>,
}

/// The resources of an open writer.
pub(super) struct BegunBatch {
    pub(super) lane: Box<EngineLane>,
    /// The place of the result; it is dropped before the place in the rings, here and in the types below, since the
    /// arena must get its bytes back before the rings give them to another batch.
    pub(super) output: ResultPlace,
    pub(super) batch: Batch<Work>,
}

/// The memory of the results of a batch.
pub(super) struct ResultMemory {
    pub(super) place: ResultPlace,
    pub(super) export: ExportLease,
}

/// A batch that was given to the device, or has failed before.
pub(super) struct InFlight {
    pub(super) task: TaskId,
    pub(super) work: Work,
    pub(super) export: ExportLease,
    /// The lease on the task's record, until the batch is taken.
    pub(super) record: TaskLease,
}

/// A batch that is complete or has failed.
pub(super) struct Ready {
    pub(super) batch: BatchId,
    pub(super) frames: usize,
    pub(super) outcome: Result<ResultMemory, FailureCause>,
    pub(super) record: TaskLease,
}
