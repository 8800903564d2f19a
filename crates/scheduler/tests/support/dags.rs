//! Random task graphs of the shapes that pipelines have, and of none.

use pixelflume_graph::{NodeId, TaskGraph};
use proptest::prelude::*;

/// A graph as edges between indices. The indices are shuffled, so they are no topological order.
#[derive(Clone, Debug)]
pub(crate) struct Dag {
    pub(crate) len: usize,
    pub(crate) edges: Vec<(usize, usize)>,
}

impl Dag {
    pub(crate) fn graph(&self) -> TaskGraph {
        let mut graph = TaskGraph::new();
        for i in 0..self.len {
            graph.add_node(format!("n{i}")).unwrap();
        }
        for &(from, to) in &self.edges {
            graph.add_edge(node(from), node(to)).unwrap();
        }
        graph
    }
}

pub(crate) fn node(index: usize) -> NodeId {
    NodeId::from_index(index)
}

/// Up to `limit` nodes.
pub(crate) fn dags(limit: usize) -> impl Strategy<Value = Dag> {
    prop_oneof![
        any_edges(limit),
        local_edges(limit),
        fork_joins(limit),
        chains(limit)
    ]
    .prop_flat_map(|dag| {
        let shuffled = Just((0..dag.len).collect::<Vec<_>>()).prop_shuffle();
        (Just(dag), shuffled)
    })
    .prop_map(|(dag, names)| Dag {
        len: dag.len,
        edges: dag
            .edges
            .iter()
            .map(|&(from, to)| (names[from], names[to]))
            .collect(),
    })
}

fn any_edges(limit: usize) -> impl Strategy<Value = Dag> {
    (1..=limit).prop_flat_map(|len| {
        prop::collection::vec((0..len, 0..len), 0..2 * len).prop_map(move |pairs| {
            let forward = pairs.into_iter().filter(|(a, b)| a != b);
            Dag {
                len,
                edges: forward.map(|(a, b)| (a.min(b), a.max(b))).collect(),
            }
        })
    })
}

/// Every node reads up to three of the eight before it.
fn local_edges(limit: usize) -> impl Strategy<Value = Dag> {
    prop::collection::vec(prop::collection::vec(1usize..=8, 0..=3), 1..=limit).prop_map(|back| {
        Dag {
            len: back.len(),
            edges: back
                .iter()
                .enumerate()
                .flat_map(|(to, back)| {
                    back.iter()
                        .filter_map(move |&b| Some((to.checked_sub(b)?, to)))
                })
                .collect(),
        }
    })
}

/// One fork-join after another, with branches of different lengths; a branch of length 0 is an edge beside the others.
fn fork_joins(limit: usize) -> impl Strategy<Value = Dag> {
    prop::collection::vec(prop::collection::vec(0usize..5, 1..6), 1..10).prop_map(move |stages| {
        let mut dag = Dag {
            len: 1,
            edges: Vec::new(),
        };
        for branches in stages {
            if dag.len + branches.iter().sum::<usize>() + 1 > limit {
                break;
            }
            let fork = dag.len - 1;
            let ends: Vec<usize> = branches
                .iter()
                .map(|&length| dag.chain(fork, length))
                .collect();
            dag.len += 1;
            dag.edges
                .extend(ends.into_iter().map(|end| (end, dag.len - 1)));
        }
        dag
    })
}

/// Chains side by side, some of them hanging on the one before.
fn chains(limit: usize) -> impl Strategy<Value = Dag> {
    prop::collection::vec((1usize..8, any::<bool>()), 1..12).prop_map(move |chains| {
        let mut dag = Dag {
            len: 1,
            edges: Vec::new(),
        };
        for (length, hangs) in chains {
            if dag.len + length + 1 > limit {
                break;
            }
            let before = dag.len - 1;
            dag.len += 1;
            let first = dag.len - 1;
            if hangs {
                dag.edges.push((before / 2, first));
            }
            dag.chain(first, length);
        }
        dag
    })
}

impl Dag {
    /// Appends a chain of `length` nodes after `from`, and returns its end.
    fn chain(&mut self, from: usize, length: usize) -> usize {
        (0..length).fold(from, |end, _| {
            self.len += 1;
            self.edges.push((end, self.len - 1));
            self.len - 1
        })
    }
}
