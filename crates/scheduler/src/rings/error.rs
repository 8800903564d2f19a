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
    /// Which one.
    pub ring: Ring,
    /// What the task needs of it, with padding.
    pub needed: u64,
    /// What is in use, or set aside for batches with a budget.
    pub used: u64,
    /// What there is.
    pub capacity: u64,
    /// The oldest task that has something of this ring: what follows it in a first-in-first-out ring comes free after it.
    pub head: Option<TaskId>,
    /// How far that task is.
    pub head_status: Option<Status>,
    /// How much of the ring came free since the beginning, in its units (tasks for edges and payloads, exports for both parts
    /// of the exported lane). Where it grows, waiting helps.
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
    /// It is consumed.
    #[error(transparent)]
    Stale(#[from] StaleHandle),
    /// It has as many references as can be counted.
    #[error(
        "task {task} has {limit} references, the most that can be counted: drop some leases first"
    )]
    TooManyReferences {
        /// The task.
        task: TaskId,
        /// The most.
        limit: u32,
    },
}

/// Why a task was not submitted. Nothing is reserved and nothing changed then.
#[derive(Clone, Debug, Error)]
pub enum SubmitError {
    /// Not now. Comes from `try_submit` only.
    #[error(transparent)]
    Full(#[from] Full),
    /// Never, with these sizes.
    #[error(
        "{ring} holds {capacity} {} and the task needs {needed}: raise {} or make the task smaller",
        ring.unit(), ring.variable()
    )]
    TooLarge {
        /// Which ring.
        ring: Ring,
        /// What the task needs.
        needed: u64,
        /// What there is in all.
        capacity: u64,
    },
    /// Not before the caller closes its own batch, whatever other tasks do.
    #[error("the open batch {batch} of this submit fills the ring: close it, make it smaller, or raise {}; {full}", full.ring.variable())]
    Deadlock {
        /// The number of the batch.
        batch: u64,
        /// What is full.
        full: Full,
    },
    /// The ring did not move for the stall time-out.
    #[error("no progress for {waited:?}: {full}")]
    Stalled {
        /// What is full, and which task is at its head.
        full: Full,
        /// How long nothing came free.
        waited: Duration,
    },
    /// A dependency is not there any more, or cannot be held.
    #[error("cannot depend on a task: {0}")]
    Dependency(#[from] RetainError),
    /// The payload did not keep to the request.
    #[error("a payload of {written} bytes was written where {reserved} were asked for")]
    PayloadOverflow {
        /// What the request said.
        reserved: u64,
        /// What was written.
        written: u64,
    },
    /// The rings were closed, or their completer is gone.
    #[error("the rings are closed: nothing is submitted any more")]
    Closed,
}

/// Why a task could not be completed. Nothing changed then.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Error)]
pub enum CompleteError {
    /// It is not there any more.
    #[error(transparent)]
    Stale(#[from] StaleHandle),
    /// It was not issued, or it is complete already.
    #[error("task {task} cannot complete: it is {status}")]
    NotIssued {
        /// The task.
        task: TaskId,
        /// How far it is.
        status: Status,
    },
    /// One of its producers is not complete.
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
    /// How many.
    pub tasks: u64,
    /// The oldest.
    pub head: TaskId,
    /// How far that is.
    pub status: Status,
    /// How long nothing moved.
    pub waited: Duration,
}
