//! The errors of the rings, with numbers.

use super::{Ring, Status, TaskId};
use std::time::Duration;
use thiserror::Error;

/// A ring has no room for a task now.
#[derive(Copy, Clone, Debug, Error)]
#[error(
    "{ring} is full: {needed} {} needed, {used} of {capacity} in use; {}",
    ring.unit(), head_text(*head, *head_status)
)]
pub struct Full {
    /// The ring without room.
    pub ring: Ring,
    /// The amount that the task needs, in the ring's unit, padding included.
    pub needed: u64,
    /// Amount in use, or set aside for batches with a budget.
    pub used: u64,
    /// Size of the ring.
    pub capacity: u64,
    /// The oldest task that uses the ring: in a first-in-first-out ring the resources of later tasks come free after
    /// its own.
    pub head: Option<TaskId>,
    /// The status of that task.
    pub head_status: Option<Status>,
    /// The amount of the ring that has come free since the beginning, in its unit (tasks for edges, exports for
    /// both limits of the exported part). Where it grows, waiting helps.
    pub progress: u64,
    /// Whether the caller's own open batch uses so much that no other task's end can make room.
    pub(super) own_batch: bool,
}

fn head_text(head: Option<TaskId>, status: Option<Status>) -> String {
    match (head, status) {
        (Some(task), Some(status)) => format!("the oldest there is task {task}, {status}"),
        (Some(task), None) => format!("the oldest there is task {task}, which has just ended"),
        _ => "it is set aside for open batches".to_owned(),
    }
}

/// The task of a handle is consumed, so that another task may have its slot.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Error)]
#[error(
    "task {task} is consumed: hold a lease, or its batch open, for as long as its handle is used"
)]
pub struct StaleHandle {
    /// The task that the handle stands for.
    pub task: TaskId,
}

/// The reason why a task could not be retained.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Error)]
pub enum RetainError {
    /// The task is consumed.
    #[error(transparent)]
    Stale(#[from] StaleHandle),
    /// The task has the largest possible number of references.
    #[error(
        "task {task} has {limit} references, the most that can be counted: drop some leases first"
    )]
    TooManyReferences {
        /// The task with this number of references.
        task: TaskId,
        /// The largest number of references.
        limit: u32,
    },
}

/// The reason why a task was not submitted. Nothing is reserved and nothing changed then.
#[derive(Clone, Debug, Error)]
pub enum SubmitError {
    /// There is no room now. Only `try_submit` returns it.
    #[error(transparent)]
    Full(#[from] Full),
    /// The task needs more than the ring has in all.
    #[error(
        "{ring} holds {capacity} {} and the task needs {needed}: raise {} or make the task smaller",
        ring.unit(), ring.variable()
    )]
    TooLarge {
        /// The ring that is too small.
        ring: Ring,
        /// The amount that the task needs, in the ring's unit.
        needed: u64,
        /// Size of the ring.
        capacity: u64,
    },
    /// There will be no room before the caller closes its own batch, whatever other tasks do.
    #[error("the open batch {batch} of this submit fills the ring: close it, make it smaller, or raise {}; {full}", full.ring.variable())]
    Deadlock {
        /// The number of the batch.
        batch: u64,
        /// The ring without room.
        full: Full,
    },
    /// The ring made no progress for the stall time-out.
    #[error("no progress for {waited:?}: {full}")]
    Stalled {
        /// The ring without room, and the task at its head.
        full: Full,
        /// Time without progress.
        waited: Duration,
    },
    /// A dependency is consumed, or has the largest number of references.
    #[error("cannot depend on a task: {0}")]
    Dependency(#[from] RetainError),
    /// The rings were closed, or their completer is gone.
    #[error("the rings are closed: nothing is submitted any more")]
    Closed,
}

/// The reason why a task could not be completed. Nothing changed then.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Error)]
pub enum CompleteError {
    /// The task is consumed.
    #[error(transparent)]
    Stale(#[from] StaleHandle),
    /// The task was not issued, or is complete already.
    #[error("task {task} cannot complete: it is {status}")]
    NotIssued {
        /// The task that is not issued, or complete already.
        task: TaskId,
        /// The status of the task.
        status: Status,
    },
}

/// The wait for the end of all tasks was given up.
#[derive(Copy, Clone, Debug, Error)]
#[error(
    "{tasks} tasks are not consumed and nothing moved for {waited:?}; the oldest is task {head}, {status}"
)]
pub struct DrainError {
    /// Number of tasks left.
    pub tasks: u64,
    /// The oldest task left.
    pub head: TaskId,
    /// The status of that task.
    pub status: Status,
    /// Time without progress.
    pub waited: Duration,
}
