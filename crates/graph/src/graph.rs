//! The graph: its nodes and edges.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::error::GraphError;
use crate::node::NodeId;

/// A directed acyclic graph of named tasks. An edge `from -> to` says that `to` waits for `from`.
///
/// Methods that take a [`NodeId`] and return no `Result` panic, like indexing a slice, when the id is not of this
/// graph; [`TaskGraph::contains`] tells. Two graphs are equal when they have the same names and the same edges, added in the
/// same order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TaskGraph {
    nodes: Vec<Node>,
    by_name: HashMap<Arc<str>, NodeId>,
    edge_count: usize,
    /// Edges that point to an earlier node. While there are none, the order of adding is a topological order, and an
    /// edge along it needs no search for cycles.
    backward_edges: usize,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct Node {
    name: Arc<str>,
    predecessors: Vec<NodeId>,
    successors: Vec<NodeId>,
}

impl TaskGraph {
    /// A graph without nodes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a node without edges. O(length of the name).
    ///
    /// # Errors
    /// [`GraphError::EmptyName`] where the name is empty or blank, [`GraphError::DuplicateName`] where it is taken,
    /// [`GraphError::TooManyNodes`] at 2^32 - 1 nodes.
    pub fn add_node(&mut self, name: impl Into<String>) -> Result<NodeId, GraphError> {
        let name = name.into();
        if name.trim().is_empty() {
            return Err(GraphError::EmptyName);
        }
        if self.by_name.contains_key(name.as_str()) {
            return Err(GraphError::DuplicateName { name });
        }
        if self.nodes.len() >= NodeId::MAX_NODES {
            return Err(GraphError::TooManyNodes {
                limit: NodeId::MAX_NODES,
            });
        }
        let id = NodeId::from_index(self.nodes.len());
        let name: Arc<str> = name.into();
        self.by_name.insert(Arc::clone(&name), id);
        self.nodes.push(Node {
            name,
            predecessors: Vec::new(),
            successors: Vec::new(),
        });
        Ok(id)
    }

    /// Makes `to` wait for `from`. An edge that exists already is kept once, so an operator may read one node twice.
    ///
    /// O(1) plus the degrees of the two nodes where the edge cannot close a cycle at a glance (`to` has no successors,
    /// `from` has no predecessors, or all edges follow the order of adding); otherwise a search of what `to` leads to, O(V + E)
    /// at most.
    ///
    /// # Errors
    /// [`GraphError::UnknownNode`], [`GraphError::SelfLoop`], or [`GraphError::Cycle`] with a shortest cycle that the
    /// edge would close.
    pub fn add_edge(&mut self, from: NodeId, to: NodeId) -> Result<(), GraphError> {
        for id in [from, to] {
            if !self.contains(id) {
                return Err(GraphError::UnknownNode {
                    index: id.index(),
                    len: self.len(),
                });
            }
        }
        if from == to {
            return Err(GraphError::SelfLoop {
                node: self.name(from).to_owned(),
            });
        }
        if self.has_edge(from, to) {
            return Ok(());
        }
        if let Some(path) = self.shortest_path(to, from) {
            let closed = path.iter().chain([&to]);
            return Err(GraphError::Cycle {
                path: closed.map(|&id| self.name(id).to_owned()).collect(),
            });
        }
        self.nodes[from.index()].successors.push(to);
        self.nodes[to.index()].predecessors.push(from);
        self.edge_count += 1;
        self.backward_edges += usize::from(to < from);
        Ok(())
    }

    /// The number of nodes. O(1).
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there are no nodes. O(1).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Whether this graph has a node with the id. O(1).
    #[must_use]
    pub fn contains(&self, id: NodeId) -> bool {
        id.index() < self.nodes.len()
    }

    /// The node's name. O(1).
    #[must_use]
    #[track_caller]
    pub fn name(&self, id: NodeId) -> &str {
        &self.node(id).name
    }

    /// The node of this name. O(length of the name).
    #[must_use]
    pub fn find(&self, name: &str) -> Option<NodeId> {
        self.by_name.get(name).copied()
    }

    /// All nodes, in the order of adding.
    pub fn nodes(&self) -> impl DoubleEndedIterator<Item = NodeId> + ExactSizeIterator {
        (0..self.len()).map(NodeId::from_index)
    }

    /// The number of edges. O(1).
    #[must_use]
    pub fn edge_count(&self) -> usize {
        self.edge_count
    }

    /// Whether `to` waits for `from` directly. O(the smaller of the two degrees).
    #[must_use]
    #[track_caller]
    pub fn has_edge(&self, from: NodeId, to: NodeId) -> bool {
        let (out, into) = (self.successors(from), self.predecessors(to));
        if out.len() <= into.len() {
            out.contains(&to)
        } else {
            into.contains(&from)
        }
    }

    /// The nodes that this one waits for, each once, in the order of adding the edges. O(1).
    #[must_use]
    #[track_caller]
    pub fn predecessors(&self, id: NodeId) -> &[NodeId] {
        &self.node(id).predecessors
    }

    /// The nodes that wait for this one, each once, in the order of adding the edges. O(1).
    #[must_use]
    #[track_caller]
    pub fn successors(&self, id: NodeId) -> &[NodeId] {
        &self.node(id).successors
    }

    /// All edges as `(from, to)`: by `from`, then in the order of adding. O(V + E) for all.
    pub fn edges(&self) -> impl Iterator<Item = (NodeId, NodeId)> {
        self.nodes()
            .flat_map(|from| self.successors(from).iter().map(move |&to| (from, to)))
    }

    /// The nodes without predecessors, in the order of adding. O(V) for all.
    pub fn sources(&self) -> impl Iterator<Item = NodeId> {
        self.nodes().filter(|&id| self.predecessors(id).is_empty())
    }

    /// The nodes without successors, in the order of adding. O(V) for all.
    pub fn sinks(&self) -> impl Iterator<Item = NodeId> {
        self.nodes().filter(|&id| self.successors(id).is_empty())
    }

    #[track_caller]
    fn node(&self, id: NodeId) -> &Node {
        match self.nodes.get(id.index()) {
            Some(node) => node,
            None => panic!(
                "node {} is not of this graph of {} nodes",
                id.index(),
                self.len()
            ),
        }
    }

    /// A shortest path from `start` to `goal`, which are different nodes, by breadth-first search.
    fn shortest_path(&self, start: NodeId, goal: NodeId) -> Option<Vec<NodeId>> {
        let leads_nowhere = self.successors(start).is_empty() || self.predecessors(goal).is_empty();
        if leads_nowhere || (self.backward_edges == 0 && start > goal) {
            return None;
        }
        // The node from which each node was first met; the start is its own. As large as what is met, since a search that
        // costs as much as the graph for each edge costs its square.
        let mut came_from: HashMap<NodeId, NodeId> = HashMap::from([(start, start)]);
        let mut queue = VecDeque::from([start]);
        while let Some(at) = queue.pop_front() {
            for &next in self.successors(at) {
                if came_from.contains_key(&next) {
                    continue;
                }
                came_from.insert(next, at);
                if next == goal {
                    let step_back =
                        |&id: &NodeId| came_from.get(&id).copied().filter(|_| id != start);
                    let mut path: Vec<_> = std::iter::successors(Some(goal), step_back).collect();
                    path.reverse();
                    return Some(path);
                }
                queue.push_back(next);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(names: &[&str]) -> (TaskGraph, Vec<NodeId>) {
        let mut graph = TaskGraph::new();
        let ids = names.iter().map(|&n| graph.add_node(n).unwrap()).collect();
        (graph, ids)
    }

    #[test]
    fn names_are_unique_and_not_blank() {
        let (mut graph, ids) = named(&["a", "b"]);
        let before = graph.clone();
        let taken = GraphError::DuplicateName { name: "a".into() };
        assert_eq!(graph.add_node("a"), Err(taken));
        assert_eq!(graph.add_node(""), Err(GraphError::EmptyName));
        assert_eq!(graph.add_node(" \t\n"), Err(GraphError::EmptyName));
        assert_eq!(graph, before);
        assert_eq!(graph.find("b"), Some(ids[1]));
        assert_eq!(graph.find("c"), None);
        assert_eq!(graph.name(ids[0]), "a");
    }

    #[test]
    fn cycle_is_refused_with_its_shortest_path() {
        let (mut graph, ids) = named(&["a", "b", "c", "d"]);
        let [a, b, c, d] = ids[..] else { panic!() };
        // Two ways from a to c: a -> b -> d -> c, found first in depth, and the shorter a -> b -> c.
        for (from, to) in [(a, b), (b, d), (d, c), (b, c)] {
            graph.add_edge(from, to).unwrap();
        }
        let before = graph.clone();
        let refused = graph.add_edge(c, a).unwrap_err();
        let path = ["a", "b", "c", "a"].map(String::from).to_vec();
        assert_eq!(refused, GraphError::Cycle { path });
        assert!(
            refused.to_string().contains("a -> b -> c -> a"),
            "{refused}"
        );
        assert_eq!(graph, before);
    }

    #[test]
    fn two_node_cycle_is_refused_in_both_directions_of_ids() {
        for swap in [false, true] {
            let (mut graph, mut ids) = named(&["a", "b"]);
            if swap {
                ids.reverse();
            }
            graph.add_edge(ids[0], ids[1]).unwrap();
            let path = [0, 1, 0].map(|i| graph.name(ids[i]).to_owned()).to_vec();
            assert_eq!(
                graph.add_edge(ids[1], ids[0]),
                Err(GraphError::Cycle { path })
            );
        }
    }

    #[test]
    fn self_loops_and_unknown_nodes_are_refused() {
        let (mut graph, ids) = named(&["a"]);
        let node = "a".to_owned();
        assert_eq!(
            graph.add_edge(ids[0], ids[0]),
            Err(GraphError::SelfLoop { node })
        );
        let foreign = NodeId::from_index(1);
        let unknown = GraphError::UnknownNode { index: 1, len: 1 };
        assert_eq!(graph.add_edge(ids[0], foreign), Err(unknown.clone()));
        assert_eq!(graph.add_edge(foreign, ids[0]), Err(unknown.clone()));
        assert_eq!(graph.add_edge(foreign, foreign), Err(unknown));
        assert_eq!(graph.edge_count(), 0);
    }

    #[test]
    fn an_edge_is_kept_once_and_in_the_order_of_adding() {
        let (mut graph, ids) = named(&["a", "b", "c", "diff"]);
        for from in [2, 0, 2, 1, 0] {
            graph.add_edge(ids[from], ids[3]).unwrap();
        }
        assert_eq!(graph.predecessors(ids[3]), [ids[2], ids[0], ids[1]]);
        assert_eq!(graph.successors(ids[2]), [ids[3]]);
        assert_eq!(graph.edge_count(), 3);
        assert_eq!(graph.edges().count(), 3);
        assert_eq!(graph.sources().collect::<Vec<_>>(), ids[..3]);
        assert_eq!(graph.sinks().collect::<Vec<_>>(), ids[3..]);
    }

    #[test]
    #[should_panic(expected = "node 5 is not of this graph of 1 nodes")]
    fn a_foreign_id_is_named() {
        let (graph, _) = named(&["a"]);
        let _ = graph.name(NodeId::from_index(5));
    }
}
