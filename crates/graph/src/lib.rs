//! Task graphs: tasks, and the tasks that each of them waits for.
//!
//! A [`TaskGraph`] holds named nodes and the dependencies between them. It is free of cycles at every moment: an edge
//! that would close a cycle is refused with the path of the cycle, and the graph stays as it was. The graph has a
//! deterministic topological order, depths, and drawings for Graphviz and Mermaid.
//!
//! The graph knows no devices, operators or images, nor the order of an operator's inputs: a node that reads
//! another node twice depends on it once.
//!
//! In the complexities, *V* is the number of nodes and *E* the number of edges.
//!
//! ```
//! use pixelflume_graph::{GraphError, TaskGraph};
//!
//! let mut graph = TaskGraph::new();
//! let gray = graph.add_node("gray")?;
//! let blur = graph.add_node("blur")?;
//! let sobel = graph.add_node("sobel")?;
//! graph.add_edge(gray, blur)?;
//! graph.add_edge(blur, sobel)?;
//!
//! assert_eq!(graph.topological_order(), [gray, blur, sobel]);
//! assert_eq!(graph.longest_path_lengths(), [1, 2, 3]);
//!
//! let refused = graph.add_edge(sobel, gray).unwrap_err();
//! assert!(matches!(&refused, GraphError::Cycle { path } if path == &["gray", "blur", "sobel", "gray"]));
//! assert_eq!(graph.edge_count(), 2);
//! # Ok::<(), GraphError>(())
//! ```

#![forbid(unsafe_code)]

mod error;
mod graph;
mod node;
mod order;
mod render;
pub mod text;

pub use error::GraphError;
pub use graph::TaskGraph;
pub use node::NodeId;
