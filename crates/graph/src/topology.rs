//! The shape of a graph, without its names: what decides whether a captured execution still fits.

use crate::graph::TaskGraph;
use crate::node::NodeId;

impl TaskGraph {
    /// Whether both graphs have as many nodes and the same edges between the same indices. Names and the order of
    /// adding the edges do not count. O(V + E log E).
    #[must_use]
    pub fn same_topology(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self.edge_count() == other.edge_count()
            && self.nodes().all(|id| {
                let same_degree = self.successors(id).len() == other.successors(id).len();
                same_degree && self.sorted_successors(id) == other.sorted_successors(id)
            })
    }

    /// A hash of what [`TaskGraph::same_topology`] compares: equal topologies have equal hashes, in every run, on
    /// every machine. 64-bit FNV-1a, which does not resist a forger. O(V + E log E).
    ///
    /// Hashed, as little-endian bytes: the number of nodes (u64), then for each edge, sorted, both indices (u32 each).
    #[must_use]
    pub fn topology_hash(&self) -> u64 {
        let mut hash = fnv1a(0xcbf2_9ce4_8422_2325, &(self.len() as u64).to_le_bytes());
        for from in self.nodes() {
            for to in self.sorted_successors(from) {
                hash = fnv1a(hash, &from.0.to_le_bytes());
                hash = fnv1a(hash, &to.0.to_le_bytes());
            }
        }
        hash
    }

    fn sorted_successors(&self, id: NodeId) -> Vec<NodeId> {
        let mut sorted = self.successors(id).to_vec();
        sorted.sort_unstable();
        sorted
    }
}

/// FNV-1a (Fowler, Noll, Vo; RFC 9923), continued from a hash.
fn fnv1a(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(prefix: &str, len: usize, edges: &[(usize, usize)]) -> TaskGraph {
        let mut graph = TaskGraph::new();
        for i in 0..len {
            graph.add_node(format!("{prefix}{i}")).unwrap();
        }
        for &(from, to) in edges {
            graph
                .add_edge(NodeId::from_index(from), NodeId::from_index(to))
                .unwrap();
        }
        graph
    }

    #[test]
    fn fnv_matches_the_published_vectors() {
        let offset_basis = 0xcbf2_9ce4_8422_2325;
        assert_eq!(fnv1a(offset_basis, b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(offset_basis, b"foobar"), 0x8594_4171_f739_67e8);
    }

    #[test]
    fn names_and_order_of_edges_do_not_count() {
        let one = graph("a", 4, &[(0, 2), (0, 1), (1, 3)]);
        let other = graph("b", 4, &[(1, 3), (0, 1), (0, 2)]);
        assert_ne!(one, other);
        assert!(one.same_topology(&other));
        assert_eq!(one.topology_hash(), other.topology_hash());
    }

    #[test]
    fn nodes_edges_and_directions_count() {
        let base = graph("a", 4, &[(0, 1), (1, 2)]);
        let different = [
            graph("a", 5, &[(0, 1), (1, 2)]),
            graph("a", 4, &[(0, 1)]),
            graph("a", 4, &[(0, 1), (0, 2)]),
            graph("a", 4, &[(0, 1), (2, 1)]),
            graph("a", 4, &[(0, 1), (1, 3)]),
            TaskGraph::new(),
        ];
        for other in different {
            assert!(!base.same_topology(&other) && !other.same_topology(&base));
            assert_ne!(base.topology_hash(), other.topology_hash());
        }
    }

    #[test]
    fn hash_is_the_same_in_every_run() {
        // Computed apart from this code, from the bytes that the documentation lists.
        assert_eq!(TaskGraph::new().topology_hash(), EMPTY);
        assert_eq!(graph("t", 3, &[(0, 2), (0, 1)]).topology_hash(), FORK);
    }

    const EMPTY: u64 = 0xa8c7_f832_281a_39c5;
    const FORK: u64 = 0x5dc8_14a2_6c08_ccf5;
}
