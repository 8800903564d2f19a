//! The oracle of order: what a task waits for, by a search along the edges.

use pixelflume_graph::{NodeId, TaskGraph};

/// By index of the node, whether `node` waits for it, directly or through others.
pub(crate) fn ancestors(graph: &TaskGraph, node: NodeId) -> Vec<bool> {
    let mut met = vec![false; graph.len()];
    let mut open = graph.predecessors(node).to_vec();
    while let Some(at) = open.pop() {
        if !std::mem::replace(&mut met[at.index()], true) {
            open.extend(graph.predecessors(at));
        }
    }
    met
}
