//! Labels of tasks in spans and traces.

use std::sync::Arc;

use pixelflume_graph::NodeId;

use crate::schedule::Schedule;

/// Labels of tasks in spans, NVTX ranges and traces, in place of the names of their nodes: a launch that does the work
/// of several nodes has all their names, for example. Collected from one label per node of the schedule, in their
/// order; a node with `None`, or without, keeps its name. Made once and cloned for each run, which allocates nothing.
///
/// ```
/// use pixelflume_scheduler::TaskLabels;
///
/// // "gray", whose work the launch of "edges" does, and "edges".
/// let labels: TaskLabels = [None, Some("gray + edges".to_owned())].into_iter().collect();
/// # let _ = labels;
/// ```
#[derive(Clone, Debug, Default)]
pub struct TaskLabels(Arc<[Option<Arc<str>>]>);

impl TaskLabels {
    /// The label of a task, or the name of its node where it has no label.
    pub(super) fn name(&self, schedule: &Schedule, node: NodeId) -> Arc<str> {
        match self.0.get(node.index()) {
            Some(Some(label)) => Arc::clone(label),
            _ => schedule.shared_name(node),
        }
    }
}

impl FromIterator<Option<String>> for TaskLabels {
    fn from_iter<I: IntoIterator<Item = Option<String>>>(labels: I) -> Self {
        let shared = |label: Option<String>| label.map(Arc::from);
        TaskLabels(labels.into_iter().map(shared).collect())
    }
}
