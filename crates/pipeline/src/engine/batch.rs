//! A batch of an engine at each step of its way: begun, submitted, in flight, ready.
//!
//! A lane is free, with an open writer, or with a batch in flight. All else that a batch needs is set aside in the task rings
//! when it is begun, together with the lane or not at all; so nothing after that waits for room, and the engine can drain
//! whatever its users do.

use super::lane::EngineLane;
use super::{BatchId, FailureCause};
use pixelflume_memory::PinnedBuffer;
use pixelflume_scheduler::rings::{Batch, ExportLease, TaskId, TaskLease};

/// What a batch is run with, and what it writes to.
pub(super) struct Work {
    pub(super) lane: Box<EngineLane>,
    pub(super) output: PinnedBuffer,
    pub(super) frames: usize,
    pub(super) failed: Option<FailureCause>,
}

/// The descriptor of a task: the work, until its dispatch takes it.
pub(super) type Task = Option<Work>;

/// What an open writer holds.
pub(super) struct BegunBatch {
    pub(super) lane: Box<EngineLane>,
    /// Before the place in the rings, as in all that follow: the arena has to get its bytes back before the rings give
    /// them to another batch.
    pub(super) output: PinnedBuffer,
    pub(super) batch: Batch<Task>,
}

/// The results of a batch, on their way or there.
pub(super) struct ResultMemory {
    pub(super) buffer: PinnedBuffer,
    pub(super) export: ExportLease,
}

/// A batch that was given to the device, or failed before.
pub(super) struct InFlight {
    pub(super) task: TaskId,
    pub(super) work: Work,
    pub(super) export: ExportLease,
    /// Until it is taken.
    pub(super) record: TaskLease,
}

/// A batch that is done.
pub(super) struct Ready {
    pub(super) batch: BatchId,
    pub(super) frames: usize,
    pub(super) outcome: Result<ResultMemory, FailureCause>,
    pub(super) record: TaskLease,
}
