//! Building a pipeline: inputs, nodes, connections, outputs.

use crate::error::PipelineError;
use crate::error::names::Location;
use crate::pipeline::Pipeline;
use crate::pipeline::node::{Node, Source};
use pixelflume_graph::{NodeId, TaskGraph};
use pixelflume_ops::Operator;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// An input or a node of a [`PipelineBuilder`].
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Port {
    builder: u64,
    id: NodeId,
}

/// Builds a [`Pipeline`]: add inputs and nodes, connect them, name the outputs.
///
/// ```
/// use pixelflume_ops::{Color, ColorConversion, Sobel, SobelOutput};
/// use pixelflume_pipeline::PipelineBuilder;
///
/// let mut builder = PipelineBuilder::new("edges");
/// let input = builder.input("input")?;
/// let gray = builder.then(input, "gray", Color::new(ColorConversion::RgbToGray))?;
/// builder.then(gray, "edges", Sobel::new(SobelOutput::Magnitude))?;
/// let pipeline = builder.build()?;
/// assert_eq!(pipeline.outputs().collect::<Vec<_>>(), ["edges"]);
/// # Ok::<(), pixelflume_pipeline::PipelineError>(())
/// ```
#[derive(Debug)]
pub struct PipelineBuilder {
    /// Identifies this builder, so that ports of other builders are refused.
    id: u64,
    name: String,
    graph: TaskGraph,
    /// The operators by index of the graph's node; `None` for an input.
    vertices: Vec<Vertex>,
    outputs: Vec<NodeId>,
    /// Whether the node is an output, by index of the graph's node.
    is_output: HashSet<NodeId>,
    fusion: bool,
}

#[derive(Debug)]
enum Vertex {
    Input,
    Node {
        operator: Arc<dyn Operator>,
        sources: Vec<NodeId>,
        location: Option<Location>,
    },
}

impl PipelineBuilder {
    /// A builder of a pipeline of this name, without inputs and nodes.
    pub fn new(name: impl Into<String>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        PipelineBuilder {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            name: name.into(),
            graph: TaskGraph::new(),
            vertices: Vec::new(),
            outputs: Vec::new(),
            is_output: HashSet::new(),
            fusion: true,
        }
    }

    /// Adds an input: images that the caller gives. Inputs are numbered in the order in which they are added.
    ///
    /// # Errors
    /// The name is blank or taken.
    pub fn input(&mut self, name: &str) -> Result<Port, PipelineError> {
        self.vertex(name, Vertex::Input)
    }

    /// Adds a node without connections.
    ///
    /// # Errors
    /// The name is blank or taken.
    pub fn add(
        &mut self,
        name: &str,
        operator: impl Operator + 'static,
    ) -> Result<Port, PipelineError> {
        self.node(name, Arc::new(operator), None)
    }

    /// Adds a node with an operator that is shared or of unknown type; see [`PipelineBuilder::add`].
    ///
    /// # Errors
    /// The name is blank or taken.
    pub fn add_boxed(
        &mut self,
        name: &str,
        operator: Arc<dyn Operator>,
    ) -> Result<Port, PipelineError> {
        self.node(name, operator, None)
    }

    /// Adds a node, with its place in a pipeline file where it has one, which errors about the node name.
    pub(crate) fn node(
        &mut self,
        name: &str,
        operator: Arc<dyn Operator>,
        location: Option<Location>,
    ) -> Result<Port, PipelineError> {
        let sources = Vec::new();
        self.vertex(
            name,
            Vertex::Node {
                operator,
                sources,
                location,
            },
        )
    }

    fn vertex(&mut self, name: &str, vertex: Vertex) -> Result<Port, PipelineError> {
        let id = self.graph.add_node(name)?;
        self.vertices.push(vertex);
        Ok(Port {
            builder: self.id,
            id,
        })
    }

    /// Makes `from` the next input of the node `to`.
    ///
    /// # Errors
    /// `to` is an input or has all its inputs, or the connection would close a cycle (the error has its path). The
    /// builder stays as it was.
    pub fn connect(&mut self, from: Port, to: Port) -> Result<(), PipelineError> {
        let (from, to) = (self.own(from)?, self.own(to)?);
        let Vertex::Node {
            operator, sources, ..
        } = &mut self.vertices[to.index()]
        else {
            return Err(PipelineError::IntoInput {
                input: self.graph.name(to).to_owned(),
            });
        };
        if sources.len() >= operator.input_count() {
            return Err(PipelineError::SurplusInput {
                node: self.graph.name(to).to_owned(),
                operator: operator.kind(),
                expected: operator.input_count(),
                from: self.graph.name(from).to_owned(),
            });
        }
        self.graph.add_edge(from, to)?;
        sources.push(from);
        Ok(())
    }

    /// Adds a node that reads `from`: [`PipelineBuilder::add`], then [`PipelineBuilder::connect`].
    ///
    /// # Errors
    /// The same as for these two.
    pub fn then(
        &mut self,
        from: Port,
        name: &str,
        operator: impl Operator + 'static,
    ) -> Result<Port, PipelineError> {
        self.own(from)?;
        let node = self.add(name, operator)?;
        self.connect(from, node)?;
        Ok(node)
    }

    /// Makes a node an output. A pipeline without a call of this has every node as an output that no other node reads.
    ///
    /// # Errors
    /// The port is an input, or an output already.
    pub fn output(&mut self, port: Port) -> Result<(), PipelineError> {
        let id = self.own(port)?;
        let name = || self.graph.name(id).to_owned();
        if matches!(self.vertices[id.index()], Vertex::Input) {
            return Err(PipelineError::OutputIsInput { name: name() });
        }
        if !self.is_output.insert(id) {
            return Err(PipelineError::DuplicateOutput { name: name() });
        }
        self.outputs.push(id);
        Ok(())
    }

    /// Sets whether plans of the pipeline may fuse chains of nodes into one launch. Fusion does not change the results.
    /// Without it each node has launches and memory of its own. Default on.
    pub fn fusion(&mut self, on: bool) -> &mut Self {
        self.fusion = on;
        self
    }

    fn own(&self, port: Port) -> Result<NodeId, PipelineError> {
        (port.builder == self.id)
            .then_some(port.id)
            .ok_or(PipelineError::ForeignPort)
    }

    /// Checks the graph and makes the pipeline. Nodes on which no output depends are left out ([`Pipeline::unused`] lists
    /// them).
    ///
    /// # Errors
    /// There are no nodes, a node lacks inputs, or no output depends on an input.
    pub fn build(self) -> Result<Pipeline, PipelineError> {
        let nodes = self
            .vertices
            .iter()
            .filter(|vertex| matches!(vertex, Vertex::Node { .. }));
        if nodes.count() == 0 {
            return Err(PipelineError::Empty {
                pipeline: self.name,
            });
        }
        for (id, vertex) in self.graph.nodes().zip(&self.vertices) {
            match vertex {
                Vertex::Node {
                    operator, sources, ..
                } if sources.len() < operator.input_count() => {
                    return Err(PipelineError::MissingInput {
                        node: self.graph.name(id).to_owned(),
                        operator: operator.kind(),
                        expected: operator.input_count(),
                        got: sources.len(),
                    });
                }
                _ => {}
            }
        }
        let is_node = |id: &NodeId| matches!(self.vertices[id.index()], Vertex::Node { .. });
        let outputs = match self.outputs.is_empty() {
            true => self.graph.sinks().filter(is_node).collect(),
            false => self.outputs.clone(),
        };
        let live = self.live(&outputs);
        for (id, vertex) in self.graph.nodes().zip(&self.vertices) {
            if matches!(vertex, Vertex::Input) && !live[id.index()] {
                return Err(PipelineError::UnusedInput {
                    input: self.graph.name(id).to_owned(),
                });
            }
        }
        self.assemble(&outputs, &live)
    }

    /// By index of the graph's node, whether an output depends on the node.
    fn live(&self, outputs: &[NodeId]) -> Vec<bool> {
        let mut live = vec![false; self.vertices.len()];
        let mut open = outputs.to_vec();
        while let Some(id) = open.pop() {
            if !std::mem::replace(&mut live[id.index()], true) {
                open.extend(self.graph.predecessors(id));
            }
        }
        live
    }

    /// Numbers the needed nodes: inputs in the order in which they were added, nodes in topological order.
    fn assemble(self, outputs: &[NodeId], live: &[bool]) -> Result<Pipeline, PipelineError> {
        let mut sources_of = vec![Source::Input(0); self.vertices.len()];
        let mut inputs = Vec::new();
        for (id, vertex) in self.graph.nodes().zip(&self.vertices) {
            if matches!(vertex, Vertex::Input) {
                sources_of[id.index()] = Source::Input(inputs.len());
                inputs.push(self.graph.name(id).to_owned());
            }
        }
        let mut nodes = Vec::new();
        let mut unused = Vec::new();
        for id in self.graph.topological_order() {
            let Vertex::Node {
                operator,
                sources,
                location,
            } = &self.vertices[id.index()]
            else {
                continue;
            };
            let name = self.graph.name(id).to_owned();
            if !live[id.index()] {
                unused.push(name);
                continue;
            }
            sources_of[id.index()] = Source::Node(nodes.len());
            nodes.push(Node {
                name,
                operator: operator.clone(),
                sources: sources
                    .iter()
                    .map(|source| sources_of[source.index()])
                    .collect(),
                location: location.clone(),
                fused: Vec::new(),
            });
        }
        let outputs = outputs
            .iter()
            .filter_map(|id| match sources_of[id.index()] {
                Source::Node(node) => Some(node),
                Source::Input(_) => None,
            });
        let outputs = outputs.collect();
        Pipeline::assemble(self.name, inputs, nodes, outputs, unused, self.fusion)
    }
}
