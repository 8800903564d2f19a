//! The outcome of a run: the state of each task.

use pixelflume_graph::NodeId;

use crate::error::{FailureCause, NodeFailure};
use crate::state::{Mark, RunState};

/// The state of a task in a run.
#[derive(Clone, Debug)]
pub enum TaskState {
    /// The task has neither finished nor failed.
    Pending,
    /// All launches of the task are complete; or it has none, and all tasks that it depends on are
    /// done.
    Done,
    /// The task failed; its descendants are skipped.
    Failed {
        /// The reason of the failure.
        cause: FailureCause,
    },
    /// The task did not run, because a task that it depends on, directly or through others, failed.
    Skipped {
        /// The task that failed; of several the first in the order of submission.
        because: NodeId,
    },
}

/// The states of the tasks of a run. Borrowed from the executor, which reuses it for the next run.
///
/// Methods that take a node panic, like indexing a slice, where it is not of the schedule that was run.
#[derive(Copy, Clone)]
pub struct RunOutcome<'a> {
    pub(crate) state: &'a RunState,
    pub(crate) failures: &'a [NodeFailure],
    pub(crate) batch: u64,
}

impl<'a> RunOutcome<'a> {
    /// The number of the run: 0 for the first of the executor.
    #[must_use]
    pub fn batch(&self) -> u64 {
        self.batch
    }

    /// Whether every task is done.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.failures.is_empty() && self.marks().all(|(_, mark)| mark == Mark::Done)
    }

    /// The tasks that failed themselves, in the order of submission.
    #[must_use]
    pub fn failures(&self) -> &'a [NodeFailure] {
        self.failures
    }

    /// The tasks that were skipped, each with the failed task that it depends on, in the order of submission.
    pub fn skipped(&self) -> impl Iterator<Item = (NodeId, NodeId)> + 'a {
        self.marks().filter_map(|(node, mark)| match mark {
            Mark::Skipped { because } => Some((node, because)),
            _ => None,
        })
    }

    /// The state of the task at `node`.
    #[must_use]
    pub fn state(&self, node: NodeId) -> TaskState {
        match self.state.mark(node) {
            Mark::Pending => TaskState::Pending,
            Mark::Done => TaskState::Done,
            Mark::Skipped { because } => TaskState::Skipped { because },
            Mark::Failed => match self.failure_behind(node) {
                Some(failure) => TaskState::Failed {
                    cause: failure.cause.clone(),
                },
                // A failed task has pushed its failure before anyone could see its mark as final.
                None => unreachable!("a failed task without a failure"),
            },
        }
    }

    /// The failure for which a task has no result: its own, or the one for which it was skipped. `None` for a task that
    /// is done.
    #[must_use]
    pub fn failure_behind(&self, node: NodeId) -> Option<&'a NodeFailure> {
        let failed = match self.state.mark(node) {
            Mark::Failed => node,
            Mark::Skipped { because } => because,
            Mark::Pending | Mark::Done => return None,
        };
        self.failures.iter().find(|failure| failure.node == failed)
    }

    fn marks(&self) -> impl Iterator<Item = (NodeId, Mark)> + 'a {
        let state = self.state;
        state
            .schedule()
            .steps()
            .iter()
            .map(|step| (step.node, state.mark(step.node)))
    }
}

impl std::fmt::Debug for RunOutcome<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunOutcome")
            .field("batch", &self.batch)
            .field("failures", &self.failures)
            .field("skipped", &self.skipped().count())
            .finish_non_exhaustive()
    }
}
