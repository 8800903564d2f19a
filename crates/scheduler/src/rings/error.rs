//! Why a task was not admitted, in numbers.

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
    /// Need of the task in the ring's unit, padding included.
    pub needed: u64,
    /// Amount in use, or set aside for batches with a budget.
    pub used: u64,
    /// Size of the ring.
    pub capacity: u64,
    /// The oldest task that has something of this ring: what follows it in a first-in-first-out ring comes free after it.
    pub head: Option<TaskId>,
    /// The status of that task.
    pub head_status: Option<Status>,
    /// How much of the ring came free since the beginning, in its units (tasks for edges and payloads, exports for both parts
    /// of the exported part). Where it grows, waiting helps.
    pub progress: u64,
    /// The caller's own open batch holds so much that no other task's end can make room.
    pub(super) own_batch: bool,
}

fn head_text(head: Option<TaskId>, status: Option<Status>) -> String {
    match (head, status) {
        (Some(task), Some(status)) => format!("the oldest there is task {task}, {status}"),
        (Some(task), None) => format!("the oldest there is task {task}, which has just ended"),
        _ => "it is set aside for open batches".to_owned(),
    }
}

/// A handle whose task is consumed: its slot may have another task by now.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Error)]
#[error(
    "task {task} is consumed: hold a lease, or its batch open, for as long as its handle is used"
)]
pub struct StaleHandle {
    /// The task that the handle stands for.
    pub task: TaskId,
}

/// Why a task could not be held.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Error)]
pub enum RetainError {
    /// The task is consumed.
    #[error(transparent)]
    Stale(#[from] StaleHandle),
    /// The task has the largest number of references.
    #[error(
        "task {task} has {limit} references, the most that can be counted: drop some leases first"
    )]
    TooManyReferences {
        /// The task.
        task: TaskId,
        /// The largest number of references.
        limit: u32,
    },
}

/// Why a task was not submitted. Nothing is reserved and nothing changed then.
#[derive(Clone, Debug, Error)]
pub enum SubmitError {
    /// There is no room now. Only `try_submit` returns it.
    #[error(transparent)]
    Full(#[from] Full),
    /// Never, with these sizes.
    #[error(
        "{ring} holds {capacity} {} and the task needs {needed}: raise {} or make the task smaller",
        ring.unit(), ring.variable()
    )]
    TooLarge {
        /// The ring that is too small.
        ring: Ring,
        /// Need of the task, in the ring's unit.
        needed: u64,
        /// Size of the ring.
        capacity: u64,
    },
    /// Not before the caller closes its own batch, whatever other tasks do.
    #[error("the open batch {batch} of this submit fills the ring: close it, make it smaller, or raise {}; {full}", full.ring.variable())]
    Deadlock {
        /// The number of the batch.
        batch: u64,
        /// The ring without room.
        full: Full,
    },
    /// The ring did not move for the stall time-out.
    #[error("no progress for {waited:?}: {full}")]
    Stalled {
        /// The ring without room, and the task at its head.
        full: Full,
        /// Time without progress.
        waited: Duration,
    },
    /// A dependency is not there any more, or cannot be held.
    #[error("cannot depend on a task: {0}")]
    Dependency(#[from] RetainError),
    /// The payload did not keep to the request.
    #[error("a payload of {written} bytes was written where {reserved} were asked for")]
    PayloadOverflow {
        /// Bytes of the request.
        reserved: u64,
        /// Bytes that were written.
        written: u64,
    },
    /// The rings were closed, or their completer is gone.
    #[error("the rings are closed: nothing is submitted any more")]
    Closed,
}

/// Why a task could not be completed. Nothing changed then.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Error)]
pub enum CompleteError {
    /// The task is consumed.
    #[error(transparent)]
    Stale(#[from] StaleHandle),
    /// The task was not issued, or is complete already.
    #[error("task {task} cannot complete: it is {status}")]
    NotIssued {
        /// The task.
        task: TaskId,
        /// The status of the task.
        status: Status,
    },
    /// A producer of the task is not complete.
    #[error("task {task} cannot complete before its producer {producer}: complete tasks in order")]
    OutOfOrder {
        /// The task.
        task: TaskId,
        /// The producer.
        producer: TaskId,
    },
}

/// Why waiting for the end of all tasks was given up.
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
