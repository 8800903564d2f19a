//! Errors of graphs: the changes that they refuse.

use crate::text::{Listed, Shown};

/// The reason why a node or an edge was refused. The graph is unchanged after every one of these.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum GraphError {
    /// Two nodes with one name could not be told apart in messages and pipeline files.
    #[error(
        "the graph has a node named \"{}\" already; give the new one another name",
        Shown(name)
    )]
    DuplicateName {
        /// The name that is taken.
        name: String,
    },
    /// The name is empty, or has only white space.
    #[error("a node's name is empty or blank; give it a name that messages can show")]
    EmptyName,
    /// An id that this graph did not hand out.
    #[error(
        "node {index} is unknown to this graph of {len} nodes; use the ids that its add_node returned"
    )]
    UnknownNode {
        /// The index of the id.
        index: usize,
        /// The number of nodes in the graph.
        len: usize,
    },
    /// An edge from a node to itself, the cycle of one.
    #[error(
        "node \"{}\" cannot depend on itself; read from another node",
        Shown(node)
    )]
    SelfLoop {
        /// The node's name.
        node: String,
    },
    /// The edge would close a cycle.
    #[error("the edge would close the cycle {}; leave out one of its edges", Listed::new(path).separated_by(" -> "))]
    Cycle {
        /// The names along a shortest such cycle. It starts and ends with the node that the refused edge points to;
        /// the last step is the refused edge, all others are edges of the graph.
        path: Vec<String>,
    },
    /// The graph has as many nodes as ids can count.
    #[error("a graph holds at most {limit} nodes; split the work into several graphs")]
    TooManyNodes {
        /// The most nodes that a graph can hold.
        limit: usize,
    },
}
