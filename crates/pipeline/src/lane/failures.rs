//! The failures of a run, by the nodes of its pipeline.

use crate::lane::staging::Chunk;
use crate::plan::PipelinePlan;
use crate::results::NodeFailure;
use pixelflume_device::contain_panic;
use pixelflume_graph::NodeId;
use pixelflume_scheduler::RunOutcome;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The user's callback for nodes that failed.
pub(crate) type FailureCallback = Arc<dyn Fn(&NodeFailure) + Send + Sync>;

/// A complete run.
pub(crate) struct FinishedRun<'a> {
    pub(super) plan: &'a PipelinePlan,
    pub(super) chunk: Chunk,
    pub(super) outcome: RunOutcome<'a>,
    /// Whether the callback was called, by the lane or by a caller who waited.
    pub(super) reported: &'a AtomicBool,
}

impl FinishedRun<'_> {
    pub(crate) fn is_success(&self) -> bool {
        self.outcome.is_success()
    }

    /// The number of nodes that failed.
    pub(crate) fn failed_nodes(&self) -> usize {
        self.outcome.failures().len()
    }

    /// The number of nodes that were executed: the nodes of the pipeline without the skipped ones.
    pub(crate) fn executed_nodes(&self) -> usize {
        let skipped = match self.is_success() {
            true => 0,
            false => self.outcome.skipped().count(),
        };
        // A mixed chain stands for several nodes.
        let nodes = self.plan.pipeline().nodes().iter();
        let nodes: usize = nodes.map(|node| node.fused.len().max(1)).sum();
        nodes - skipped
    }

    /// Calls the callback for each node that failed, in the order of submission, at the first call for a batch. A panic in the
    /// callback is logged and goes no further.
    pub(crate) fn report(&self, callback: Option<&FailureCallback>) {
        let Some(callback) = callback else {
            return;
        };
        if self.reported.swap(true, Ordering::Relaxed) {
            return;
        }
        for failed in self.outcome.failures() {
            let failure = self.node_failure(failed);
            contain_panic("the callback for nodes that fail", || callback(&failure));
        }
    }

    /// The failure for which an output of the pipeline has no result; `None` where it has one.
    pub(crate) fn failure(&self, output: usize) -> Option<NodeFailure> {
        let node = self.plan.pipeline().output_nodes()[output];
        let failed = self.outcome.failure_behind(NodeId::from_index(node))?;
        Some(self.node_failure(failed))
    }

    /// The failure behind the first output, in the order of the pipeline, that has no result.
    pub(crate) fn first_failure(&self) -> Option<NodeFailure> {
        (0..self.plan.pipeline().outputs().len()).find_map(|output| self.failure(output))
    }

    fn node_failure(&self, failed: &pixelflume_scheduler::NodeFailure) -> NodeFailure {
        let pipeline = self.plan.pipeline();
        let nodes = pipeline.nodes();
        let index = failed.node.index();
        let fused = match self.plan.fusion().members(&index) {
            [_] => nodes[index].fused.clone(),
            members => members
                .iter()
                .map(|&node| nodes[node].name().to_owned())
                .collect(),
        };
        NodeFailure {
            pipeline: pipeline.name().to_owned(),
            node: nodes[index].name().to_owned(),
            operator: nodes[index].operator().kind(),
            fused,
            batch: self.chunk.batch,
            frames: self.chunk.numbers.clone(),
            cause: Box::new(failed.cause.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
