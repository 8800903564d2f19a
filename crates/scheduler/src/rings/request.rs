//! The request of a task, and the places that it is given.

use super::{ExportLease, TaskLease};
use std::fmt;

/// Outputs start at multiples of this many bytes in the arena, and are rounded up to it.
pub const OUTPUT_ALIGN: u64 = 256;

/// The name of a task, for as long as the rings live: numbers count up and are not reused before 2^64 tasks. The low bits
/// are its slots, the others its generation, so that a stale handle is detected.
///
/// A handle alone holds nothing: see [`super::Submitter::retain`]. It means nothing to other rings.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub struct TaskId(pub(super) u64);

impl TaskId {
    /// The number of the task.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

/// A part of the rings that can be full.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub enum Ring {
    /// The main ring: unreleased tasks.
    Task,
    /// The consumed ring: unconsumed tasks.
    Consumed,
    /// Edges of unreleased tasks.
    Edge,
    /// Payload bytes of unreleased tasks.
    Payload,
    /// Output memory of unconsumed tasks.
    Transient,
    /// Memory of exported results.
    Exported,
    /// Exported results, by number.
    ExportSlot,
}

impl Ring {
    /// All parts, in the order in which admission checks them.
    pub const ALL: [Ring; 7] = [
        Ring::Task,
        Ring::Consumed,
        Ring::Edge,
        Ring::Payload,
        Ring::Transient,
        Ring::Exported,
        Ring::ExportSlot,
    ];

    /// The unit in which a part is counted.
    pub fn unit(self) -> &'static str {
        match self {
            Ring::Task | Ring::Consumed => "tasks",
            Ring::Edge => "edges",
            Ring::Payload | Ring::Transient | Ring::Exported => "bytes",
            Ring::ExportSlot => "results",
        }
    }

    /// The environment variable that sets its size.
    pub fn variable(self) -> &'static str {
        use super::config::variable;
        match self {
            Ring::Task => variable::TASK_WINDOW,
            Ring::Consumed => variable::CONSUMED_WINDOW,
            Ring::Edge => variable::EDGE_POOL,
            Ring::Payload => variable::PAYLOAD_RING,
            Ring::Transient => variable::ARENA,
            Ring::Exported => variable::ARENA_EXPORTED,
            Ring::ExportSlot => variable::EXPORT_SLOTS,
        }
    }
}

impl fmt::Display for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Ring::Task => "the main ring",
            Ring::Consumed => "the consumed ring",
            Ring::Edge => "the edge pool",
            Ring::Payload => "the payload ring",
            Ring::Transient => "the transient lane of the arena",
            Ring::Exported => "the exported lane of the arena",
            Ring::ExportSlot => "the table of exported results",
        })
    }
}

/// A task that must have come somewhere before another may be issued. Until that other one is released it also holds the
/// producer's record and outputs.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Dependency {
    pub(super) task: TaskId,
    pub(super) gated: bool,
}

impl Dependency {
    /// Issue after `task` is issued: the device keeps the order, by its streams and by waits in the payload.
    pub fn issued(task: TaskId) -> Self {
        Dependency { task, gated: false }
    }

    /// Issue after `task` is complete: the host keeps the order.
    pub fn completed(task: TaskId) -> Self {
        Dependency { task, gated: true }
    }
}

/// The needs of a task.
#[derive(Copy, Clone, Debug, Default)]
pub struct Request<'a> {
    /// The tasks on which it depends.
    pub dependencies: &'a [Dependency],
    /// The most bytes that will be written as its payload.
    pub payload_bytes: u64,
    /// Bytes of output that only later tasks, and holders of leases, read. Free when the task is consumed.
    pub transient_bytes: u64,
    /// Bytes of a result that the user may hold for long, without keeping any other memory from being reused. Free when the
    /// task is consumed and its
    /// [`ExportLease`] is dropped.
    pub exported_bytes: u64,
    /// Whether to hand out a [`TaskLease`] with the task.
    pub lease: bool,
}

/// The budget of a batch, set aside for it; see [`super::Submitter::begin_batch_with`].
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
pub struct BatchBudget {
    /// Tasks.
    pub tasks: u64,
    /// Number of these tasks with a reserved slot in the main ring: at most the task window.
    pub main_slots: u64,
    /// Bytes of transient outputs, each rounded up to [`OUTPUT_ALIGN`].
    pub transient_bytes: u64,
    /// The largest of these outputs.
    pub largest_transient: u64,
    /// Bytes of one result. It has its place from the beginning of the batch ([`super::Batch::export`]), and the first
    /// task that asks for a result of at most as many bytes gets it.
    pub exported_bytes: u64,
}

/// A range of the arena.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Output {
    /// Offset in bytes from the beginning of the arena: a multiple of [`OUTPUT_ALIGN`].
    pub offset: u64,
    /// Bytes, as they were asked for.
    pub bytes: u64,
}

/// The places of a task's outputs, known before its payload is built.
#[derive(Copy, Clone, Debug)]
pub struct Placement {
    /// The task.
    pub task: TaskId,
    /// Its output for later tasks; `None` where no bytes were asked for.
    pub transient: Option<Output>,
    /// Its result for the user; `None` where no bytes were asked for.
    pub exported: Option<Output>,
}

/// A task that was submitted.
#[derive(Debug)]
pub struct Submitted {
    /// Its handle.
    pub task: TaskId,
    /// Holds its record and transient output, where the request asked for a lease.
    pub lease: Option<TaskLease>,
    /// Holds its result, where the request asked for one.
    pub export: Option<ExportLease>,
    /// The share that came out of the batch's budget.
    pub(super) covered: BatchBudget,
}
