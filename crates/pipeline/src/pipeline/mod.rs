//! A checked pipeline, independent of shapes and devices.

pub(crate) mod node;

use crate::error::PipelineError;
use crate::error::copy::CopyName;
use crate::error::names::MemoryOwner;
use crate::inputs::Input;
use crate::pipeline::node::{Node, OperatorPlans, Shapes, Source};
use pixelflume_graph::text::{Listed, Shown};
use pixelflume_graph::{NodeId, TaskGraph};
use pixelflume_memory::MemoryError;
use pixelflume_ops::image::error::checked_bytes;
use pixelflume_ops::{ImageShape, Operator};
use std::sync::Arc;

/// A checked graph of operators. Pipelines are immutable, and may be used by several threads at the same time.
///
/// Cloning is cheap: all clones share one graph and one set of operators, and a clone costs a reference count.
/// [`Pipeline::to_toml`] gives the pipeline as text, for other processes.
#[derive(Clone, Debug)]
pub struct Pipeline {
    inner: Arc<Inner>,
}

/// How a pipeline decodes the files that are its inputs.
#[cfg(feature = "codec")]
pub(crate) type Decoding = pixelflume_codec::DecodeOptions;
/// Nothing: files are no inputs without the feature `codec`.
#[cfg(not(feature = "codec"))]
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Decoding {}

#[derive(Debug)]
struct Inner {
    topology: Arc<Topology>,
    nodes: Vec<Node>,
    /// Whether chains of nodes may become one launch.
    fusion: bool,
    /// The first node whose effect differs from image to image.
    per_image: Option<usize>,
    decoding: Decoding,
}

/// The part of a pipeline that stays when operators are replaced.
#[derive(Debug)]
struct Topology {
    name: String,
    inputs: Vec<String>,
    outputs: Vec<usize>,
    unused: Vec<String>,
    graph: TaskGraph,
    tasks: TaskGraph,
}

impl Pipeline {
    /// Assembles the parts that the builder has checked. `nodes` are in topological order.
    pub(crate) fn assemble(
        name: String,
        inputs: Vec<String>,
        nodes: Vec<Node>,
        outputs: Vec<usize>,
        unused: Vec<String>,
        fusion: bool,
    ) -> Result<Self, PipelineError> {
        let mut graph = TaskGraph::new();
        let mut tasks = TaskGraph::new();
        for input in &inputs {
            graph.add_node(input)?;
        }
        for node in &nodes {
            graph.add_node(&node.name)?;
            tasks.add_node(&node.name)?;
        }
        for (index, node) in nodes.iter().enumerate() {
            let in_graph = |node: usize| NodeId::from_index(inputs.len() + node);
            for &source in &node.sources {
                match source {
                    Source::Input(input) => {
                        graph.add_edge(NodeId::from_index(input), in_graph(index))?
                    }
                    Source::Node(from) => {
                        graph.add_edge(in_graph(from), in_graph(index))?;
                        tasks.add_edge(NodeId::from_index(from), NodeId::from_index(index))?;
                    }
                }
            }
        }
        Ok(Pipeline {
            inner: Arc::new(Inner {
                topology: Arc::new(Topology {
                    name,
                    inputs,
                    outputs,
                    unused,
                    graph,
                    tasks,
                }),
                per_image: first_per_image(&nodes),
                nodes,
                fusion,
                decoding: Decoding::default(),
            }),
        })
    }

    /// The same pipeline with another operator at the node of this index.
    pub(crate) fn replaced(&self, node: usize, operator: Arc<dyn Operator>) -> Self {
        let mut nodes = self.inner.nodes.clone();
        nodes[node].operator = operator;
        Pipeline {
            inner: Arc::new(Inner {
                topology: Arc::clone(&self.inner.topology),
                per_image: first_per_image(&nodes),
                nodes,
                fusion: self.inner.fusion,
                decoding: self.inner.decoding,
            }),
        }
    }

    /// The same pipeline with fusion on or off; see [`PipelineBuilder::fusion`](crate::PipelineBuilder::fusion).
    #[must_use]
    pub fn with_fusion(&self, fusion: bool) -> Self {
        Pipeline {
            inner: Arc::new(Inner {
                topology: Arc::clone(&self.inner.topology),
                nodes: self.inner.nodes.clone(),
                fusion,
                per_image: self.inner.per_image,
                decoding: self.inner.decoding,
            }),
        }
    }

    /// The same pipeline with other settings for files.
    pub(crate) fn with_decoding(&self, decoding: Decoding) -> Self {
        Pipeline {
            inner: Arc::new(Inner {
                topology: Arc::clone(&self.inner.topology),
                nodes: self.inner.nodes.clone(),
                fusion: self.inner.fusion,
                per_image: self.inner.per_image,
                decoding,
            }),
        }
    }

    /// How the pipeline decodes the files that are its inputs ([`Input::Encoded`]).
    pub(crate) fn decoding(&self) -> &Decoding {
        &self.inner.decoding
    }

    /// How files that are inputs are decoded: [`Input::Encoded`],
    /// [`Engine::submit_encoded`](crate::Engine::submit_encoded), and the files of the command.
    #[cfg(feature = "codec")]
    pub fn decode_options(&self) -> &pixelflume_codec::DecodeOptions {
        self.decoding()
    }

    /// The same pipeline with other settings for files; see [`Pipeline::decode_options`]. A pipeline file has them in the table
    /// `decode`, but for the limits.
    #[cfg(feature = "codec")]
    #[must_use]
    pub fn with_decode_options(&self, options: pixelflume_codec::DecodeOptions) -> Self {
        self.with_decoding(options)
    }

    /// Whether plans of the pipeline may fuse chains of nodes into one launch.
    pub fn fusion(&self) -> bool {
        self.inner.fusion
    }

    /// Whether both are clones of one pipeline.
    pub(crate) fn is_same(&self, other: &Pipeline) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    /// Whether both have one graph: the nodes of one index are the same, but for their operators.
    pub(crate) fn is_alike(&self, other: &Pipeline) -> bool {
        Arc::ptr_eq(&self.inner.topology, &other.inner.topology)
    }

    /// Whether a node has an effect that differs from image to image (see [`Operator::is_per_image`]). A
    /// [`Runner`](crate::Runner) executes such a pipeline.
    pub fn is_per_image(&self) -> bool {
        self.inner.per_image.is_some()
    }

    /// Refuses nodes whose effect differs from image to image, for those who execute batches of one effect.
    pub(crate) fn check_uniform(&self) -> Result<(), PipelineError> {
        let Some(node) = self.inner.per_image else {
            return Ok(());
        };
        Err(PipelineError::PerImage {
            node: Box::new(self.nodes()[node].error_name()),
            operator: self.nodes()[node].operator().kind(),
        })
    }

    /// The name, as the builder or the file gave it.
    pub fn name(&self) -> &str {
        &self.inner.topology.name
    }

    /// The names of the inputs, in order.
    pub fn inputs(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.inner.topology.inputs.iter().map(String::as_str)
    }

    /// The names of the outputs, in order.
    pub fn outputs(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.inner
            .topology
            .outputs
            .iter()
            .map(|&node| self.inner.nodes[node].name.as_str())
    }

    /// The outputs as indices of [`Pipeline::nodes`].
    pub fn output_nodes(&self) -> &[usize] {
        &self.inner.topology.outputs
    }

    /// The nodes in topological order: each after all nodes that it reads.
    pub fn nodes(&self) -> &[Node] {
        &self.inner.nodes
    }

    /// Names of the nodes that were left out because no output depends on them.
    pub fn unused(&self) -> &[String] {
        &self.inner.topology.unused
    }

    /// The graph of inputs and nodes, for drawings: first the inputs, then the nodes, in their orders.
    pub fn graph(&self) -> &TaskGraph {
        &self.inner.topology.graph
    }

    /// The graph of the nodes alone, for scheduling; the index of a node is that of [`Pipeline::nodes`].
    pub fn tasks(&self) -> &TaskGraph {
        &self.inner.topology.tasks
    }

    /// The index of the node of this name in [`Pipeline::nodes`].
    pub fn find(&self, name: &str) -> Option<usize> {
        self.tasks().find(name).map(NodeId::index)
    }

    /// The name of an input or a node.
    ///
    /// # Panics
    /// The source is not of this pipeline.
    pub fn source_name(&self, source: Source) -> &str {
        match source {
            Source::Input(index) => self.graph().name(NodeId::from_index(index)),
            Source::Node(index) => self.nodes()[index].name(),
        }
    }

    /// The input or node of a source, for errors about its memory.
    pub(crate) fn owner(&self, source: Source) -> Box<MemoryOwner> {
        let name = self.source_name(source).to_owned();
        Box::new(match source {
            Source::Input(_) => MemoryOwner::Input(name),
            Source::Node(_) => MemoryOwner::Node(name),
        })
    }

    /// The error of a copy of an input, or of the output of a node.
    pub(crate) fn copy_failed(
        &self,
        copy: CopyName,
        of: Source,
        source: MemoryError,
    ) -> PipelineError {
        PipelineError::Copy {
            owner: self.owner(of),
            copy,
            source,
        }
    }

    /// The shapes of all nodes for inputs of these shapes, in the order of [`Pipeline::inputs`].
    ///
    /// # Errors
    /// The number of shapes is wrong, or a node cannot take what its inputs give; the error names the node.
    pub fn infer(&self, inputs: &[ImageShape]) -> Result<Shapes, PipelineError> {
        Ok(self.plan_operators(inputs)?.shapes)
    }

    /// Plans the operators of all nodes for inputs of these shapes.
    pub(crate) fn plan_operators(
        &self,
        inputs: &[ImageShape],
    ) -> Result<OperatorPlans, PipelineError> {
        self.check_input_count(inputs.len())?;
        for (name, shape) in self.inputs().zip(inputs) {
            checked_bytes(shape).map_err(|source| PipelineError::InputShape {
                input: name.to_owned(),
                source,
            })?;
        }
        let mut shapes = Shapes {
            inputs: inputs.to_vec(),
            nodes: Vec::with_capacity(self.nodes().len()),
        };
        let mut plans = Vec::with_capacity(self.nodes().len());
        for node in self.nodes() {
            let read: Vec<ImageShape> = node
                .sources
                .iter()
                .map(|&source| shapes.of(source))
                .collect();
            let plan = node
                .operator()
                .plan(&read)
                .map_err(|source| PipelineError::Operator {
                    node: Box::new(node.error_name()),
                    source: Box::new(source),
                })?;
            let output = plan.output();
            checked_bytes(&output).map_err(|_| PipelineError::TooLarge {
                owner: format!("node \"{}\"", Shown(&node.name)),
                shape: output,
                batch: 1,
            })?;
            shapes.nodes.push(output);
            plans.push(plan);
        }
        Ok(OperatorPlans { shapes, plans })
    }

    /// Checks that every input has frames, all inputs the same number, and the frames of an input one shape, which is given
    /// to `shape` with the index of the input. Returns the number of frames.
    pub(crate) fn check_frames(
        &self,
        inputs: &[Input<'_>],
        mut shape: impl FnMut(usize, ImageShape) -> Result<(), PipelineError>,
    ) -> Result<usize, PipelineError> {
        let frames = self.check_counts(inputs)?;
        for (index, (name, input)) in self.inputs().zip(inputs).enumerate() {
            shape(index, input.shape(name)?)?;
        }
        Ok(frames)
    }

    /// Checks that every input has frames, all inputs the same number. Returns the number of frames.
    pub(crate) fn check_counts(&self, inputs: &[Input<'_>]) -> Result<usize, PipelineError> {
        self.check_input_count(inputs.len())?;
        let frames = inputs.first().map_or(1, Input::frames);
        for (name, input) in self.inputs().zip(inputs) {
            if input.frames() != frames {
                return Err(PipelineError::FrameCount {
                    input: name.to_owned(),
                    expected: frames,
                    got: input.frames(),
                });
            }
        }
        match frames {
            0 => Err(PipelineError::NoFrames),
            _ => Ok(frames),
        }
    }

    pub(crate) fn check_input_count(&self, got: usize) -> Result<(), PipelineError> {
        let expected = self.inner.topology.inputs.len();
        if got == expected {
            return Ok(());
        }
        let names = Listed::new(&self.inner.topology.inputs).to_string();
        Err(PipelineError::InputCount {
            pipeline: self.name().to_owned(),
            expected,
            names,
            got,
        })
    }
}

fn first_per_image(nodes: &[Node]) -> Option<usize> {
    nodes.iter().position(|node| node.operator.is_per_image())
}
