//! Leases on records, transient outputs and exported results.

use super::core::Core;
use super::sync::Arc;
use super::{Output, Status, TaskId, TaskOutcome};
use std::fmt;

/// A lease on the record and the transient output of a task. As long as it lives, the task is not consumed, and neither
/// are the records and transient outputs of later tasks taken back: for results that are held for long there is
/// [`ExportLease`].
#[must_use = "dropping it lets go of the task"]
pub struct TaskLease {
    core: Arc<Core>,
    task: TaskId,
}

impl TaskLease {
    /// Makes a lease of a reference of the caller.
    pub(super) fn new(core: Arc<Core>, task: TaskId) -> Self {
        TaskLease { core, task }
    }

    /// The task whose record and output the lease keeps.
    pub fn task(&self) -> TaskId {
        self.task
    }

    /// The status of the task.
    pub fn status(&self) -> Status {
        self.core
            .status(self.task.0)
            .expect("a task that is held keeps its record")
    }
}

impl Drop for TaskLease {
    fn drop(&mut self) {
        self.core.unclaim_and_notify(self.task.0);
    }
}

impl fmt::Debug for TaskLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskLease({})", self.task)
    }
}

/// A lease on the exported result of a task, and on nothing else: the task is consumed and its record used again
/// meanwhile.
#[must_use = "dropping it gives the memory of the result back"]
pub struct ExportLease {
    core: Arc<Core>,
    slot: u32,
    task: TaskId,
    output: Output,
}

impl ExportLease {
    /// Makes a lease of a reference to the slot.
    pub(super) fn new(core: Arc<Core>, slot: u32, task: TaskId, output: Output) -> Self {
        ExportLease {
            core,
            slot,
            task,
            output,
        }
    }

    /// The task that makes the result.
    pub fn task(&self) -> TaskId {
        self.task
    }

    /// Place of the result in the arena.
    pub fn output(&self) -> Output {
        self.output
    }

    /// The outcome of the task; `None` before it ends.
    pub fn outcome(&self) -> Option<TaskOutcome> {
        let succeeded = self.core.exports.outcome(self.slot)?;
        Some(match succeeded {
            true => TaskOutcome::Succeeded,
            false => TaskOutcome::Failed,
        })
    }
}

impl Drop for ExportLease {
    fn drop(&mut self) {
        if self.core.exports.drop_reference(self.slot) {
            self.core.progress.notify();
        }
    }
}

impl fmt::Debug for ExportLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ExportLease({}, {:?})", self.task, self.output)
    }
}
