//! Topological orders, and lengths of paths.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::graph::TaskGraph;
use crate::node::NodeId;

impl TaskGraph {
    /// All nodes, each after all that it waits for; among the nodes that could come next, the one added first.
    ///
    /// The order depends on the nodes and the set of edges alone, not on the order of adding the edges.
    /// Kahn's algorithm with a heap: O(V log V + E).
    #[must_use]
    pub fn topological_order(&self) -> Vec<NodeId> {
        let mut waits_for: Vec<usize> =
            self.nodes().map(|id| self.predecessors(id).len()).collect();
        let mut ready: BinaryHeap<_> = self.sources().map(Reverse).collect();
        let mut order = Vec::with_capacity(self.len());
        while let Some(Reverse(id)) = ready.pop() {
            order.push(id);
            for &next in self.successors(id) {
                waits_for[next.index()] -= 1;
                if waits_for[next.index()] == 0 {
                    ready.push(Reverse(next));
                }
            }
        }
        debug_assert_eq!(order.len(), self.len(), "add_edge refuses every cycle");
        order
    }

    /// For each node, by index, the number of nodes on the longest path that ends in it: 1 for a source.
    ///
    /// The largest is the number of steps that no number of streams can go below; 0 nodes give an empty list.
    /// O(V log V + E).
    #[must_use]
    pub fn longest_path_lengths(&self) -> Vec<usize> {
        let mut lengths = vec![1; self.len()];
        for id in self.topological_order() {
            for &next in self.successors(id) {
                lengths[next.index()] = lengths[next.index()].max(lengths[id.index()] + 1);
            }
        }
        lengths
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(len: usize, edges: &[(usize, usize)]) -> TaskGraph {
        let mut graph = TaskGraph::new();
        for i in 0..len {
            graph.add_node(format!("t{i}")).unwrap();
        }
        for &(from, to) in edges {
            graph
                .add_edge(NodeId::from_index(from), NodeId::from_index(to))
                .unwrap();
        }
        graph
    }

    fn indices(ids: &[NodeId]) -> Vec<usize> {
        ids.iter().map(|id| id.index()).collect()
    }

    #[test]
    fn smallest_ready_node_comes_first() {
        let graph = graph(6, &[(5, 0), (5, 2), (0, 1), (4, 1)]);
        assert_eq!(indices(&graph.topological_order()), [3, 4, 5, 0, 1, 2]);
    }

    #[test]
    fn order_ignores_the_order_of_adding_edges() {
        let one = graph(5, &[(4, 0), (4, 1), (0, 3), (1, 3), (4, 2)]);
        let other = graph(5, &[(4, 2), (1, 3), (0, 3), (4, 1), (4, 0)]);
        assert_eq!(one.topological_order(), other.topological_order());
    }

    #[test]
    fn empty_graph_has_empty_answers() {
        let graph = TaskGraph::new();
        assert!(graph.topological_order().is_empty());
        assert!(graph.longest_path_lengths().is_empty());
    }

    #[test]
    fn depth_counts_the_nodes_of_the_longest_path() {
        // 0 -> 1 -> 2 -> 4 beside the short cut 0 -> 4, and 3 alone.
        let graph = graph(5, &[(0, 4), (0, 1), (1, 2), (2, 4)]);
        assert_eq!(graph.longest_path_lengths(), [1, 2, 3, 1, 4]);
    }
}
