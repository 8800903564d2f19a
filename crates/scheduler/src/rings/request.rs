//! The request of a task, and the places of its outputs.

use super::{ExportLease, TaskLease};
use std::fmt;

/// Outputs start at multiples of this many bytes in the arena, and are rounded up to it.
pub const OUTPUT_ALIGN: u64 = 256;

/// The number of a task, for as long as the rings live: numbers count up and are not reused before 2^64 tasks. The low
/// bits are its slots, the others its generation, so that a stale handle is detected.
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
    /// Output memory of unconsumed tasks.
    Transient,
    /// Memory of exported results.
    Exported,
    /// Exported results, by number.
    ExportSlot,
}

impl Ring {
    /// All parts, in the order in which admission checks them.
    pub const ALL: [Ring; 6] = [
        Ring::Task,
        Ring::Consumed,
        Ring::Edge,
        Ring::Transient,
        Ring::Exported,
        Ring::ExportSlot,
    ];

    /// The unit in which the part is counted.
    pub fn unit(self) -> &'static str {
        match self {
            Ring::Task | Ring::Consumed => "tasks",
            Ring::Edge => "edges",
            Ring::Transient | Ring::Exported => "bytes",
            Ring::ExportSlot => "results",
        }
    }

    /// The environment variable that sets the size of the part.
    pub fn variable(self) -> &'static str {
        use super::config::variable;
        match self {
            Ring::Task => variable::TASK_WINDOW,
            Ring::Consumed => variable::CONSUMED_WINDOW,
            Ring::Edge => variable::EDGE_POOL,
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
            Ring::Transient => "the transient part of the arena",
            Ring::Exported => "the exported part of the arena",
            Ring::ExportSlot => "the table of exported results",
        })
    }
}

/// A dependency: a task, the producer, that another task, the consumer, waits for. Until the consumer is released it also holds
/// the producer's record and outputs.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Dependency {
    pub(super) task: TaskId,
    pub(super) is_settled: bool,
}

impl Dependency {
    /// A dependency on the success of `task`: the consumer is issued once it has succeeded, and fails without being issued
    /// where it has failed.
    pub fn completed(task: TaskId) -> Self {
        let is_settled = false;
        Dependency { task, is_settled }
    }

    /// A dependency on the end of `task`, whatever its outcome: the consumer is issued once it is released, and does not take
    /// over its failure. A batch runs with the images that could be decoded. Whoever issues the consumer finds out by other
    /// means which of its producers have failed.
    pub fn settled(task: TaskId) -> Self {
        let is_settled = true;
        Dependency { task, is_settled }
    }
}

/// The needs of a task.
#[derive(Copy, Clone, Debug, Default)]
pub struct Request<'a> {
    /// The tasks on which it depends.
    pub dependencies: &'a [Dependency],
    /// Bytes of an output that only later tasks, and holders of leases, read. Free when the task is
    /// consumed.
    pub transient_bytes: u64,
    /// Bytes of a result that the user may keep for long, without keeping any other memory from being reused. Free when
    /// the task is consumed and its [`ExportLease`] is dropped.
    pub exported_bytes: u64,
    /// Whether to return a [`TaskLease`] with the task.
    pub lease: bool,
}

/// The budget of a batch, set aside for it; see [`super::Submitter::begin_batch_with`].
#[derive(Copy, Clone, Debug, Default, Eq, PartialEq)]
pub struct BatchBudget {
    /// Tasks of the batch.
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
    /// Offset from the beginning of the arena in bytes: a multiple of [`OUTPUT_ALIGN`].
    pub offset: u64,
    /// Requested bytes.
    pub bytes: u64,
}

/// The places of a task's outputs, known before its descriptor is built.
#[derive(Copy, Clone, Debug)]
pub struct Placement {
    /// The task that gets the places.
    pub task: TaskId,
    /// The output for later tasks; `None` where none was requested.
    pub transient: Option<Output>,
    /// The result for the user; `None` where none was requested.
    pub exported: Option<Output>,
}

/// A task that was submitted.
#[derive(Debug)]
pub struct Submitted {
    /// The handle of the task.
    pub task: TaskId,
    /// The lease on the record and transient output, where it was requested.
    pub lease: Option<TaskLease>,
    /// The lease on the result, where it was requested.
    pub export: Option<ExportLease>,
    /// The part of the resources that came out of the batch's budget.
    pub(super) covered: BatchBudget,
}
