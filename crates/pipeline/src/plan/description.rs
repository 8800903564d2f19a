//! The description of a pipeline as data, for people and for tools.

use crate::error::PipelineError;
use crate::pipeline::Pipeline;
use crate::pipeline::node::{Node, Shapes, Source};
use crate::plan::PipelinePlan;
use crate::plan::fusion::{Apart, Chain, Fusion};
use crate::plan::memory::MemoryDescription;
use crate::plan::mixed::description::MixedDescription;
use pixelflume_device::Device;
use pixelflume_graph::NodeId;
use pixelflume_graph::text::cut;
use pixelflume_ops::{ImageShape, Layout};
use pixelflume_scheduler::Schedule;
use serde::Serialize;

/// The description of a pipeline and, where the shapes of its inputs are known, of its plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Description {
    /// Name of the pipeline.
    pub name: String,
    /// The inputs, in order.
    pub inputs: Vec<InputDescription>,
    /// The nodes in topological order: each after all nodes that it reads.
    pub nodes: Vec<NodeDescription>,
    /// Names of the outputs, in order.
    pub outputs: Vec<String>,
    /// Names of nodes that are left out, because no output depends on them.
    pub unused: Vec<String>,
    /// The distribution of the nodes over streams.
    pub schedule: ScheduleDescription,
    /// The nodes that are fused into one launch, and the reasons why others are not; `None` where the shapes are not known.
    pub fusion: Option<FusionDescription>,
    /// The execution of batches whose images have several sizes; `None` where the shapes are not known.
    pub mixed: Option<MixedDescription>,
    /// The device memory; `None` where the shapes are not known.
    pub memory: Option<MemoryDescription>,
}

/// The fused chains, and the pairs of nodes that are not fused.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct FusionDescription {
    /// The chains of nodes that are one launch.
    #[serde(rename = "runs")]
    pub chains: Vec<ChainDescription>,
    /// The pairs of nodes, one of which reads the other, that are launched separately.
    pub apart: Vec<ApartDescription>,
}

/// Nodes that are fused into one launch.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChainDescription {
    /// Name of the rule of [`RULES`](pixelflume_ops::fusion::RULES) that takes the chain.
    pub rule: &'static str,
    /// Names of the nodes, in order; the last node has the launch.
    pub nodes: Vec<String>,
}

/// Two nodes, one of which reads the other, that are not fused.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ApartDescription {
    /// Name of the node that is read.
    pub from: String,
    /// Name of the node that reads it.
    pub to: String,
    /// The reason, as text.
    pub reason: String,
}

/// An input of a pipeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct InputDescription {
    /// Its name, as the pipeline has it.
    pub name: String,
    /// Shape of its images, where it is known.
    pub shape: Option<ShapeDescription>,
}

/// A node of a pipeline.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct NodeDescription {
    /// Its name, unique in the pipeline.
    pub name: String,
    /// Kind of its operator.
    pub operator: &'static str,
    /// The operator with its parameters, in the form of `Debug`.
    pub parameters: String,
    /// Names of the inputs and nodes that it reads, in order.
    pub reads: Vec<String>,
    /// Shape of its output, where it is known.
    pub shape: Option<ShapeDescription>,
    /// Whether it is an output of the pipeline.
    pub is_output: bool,
    /// The stream that it runs on, from 0.
    pub stream: usize,
    /// Its place in the pipeline file, as `file:line:column`; `None` for a pipeline that was built in Rust.
    pub location: Option<String>,
}

/// The shape of an image.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ShapeDescription {
    /// Pixels in a row.
    pub width: u32,
    /// Rows of a channel.
    pub height: u32,
    /// Samples of a pixel.
    pub channels: u32,
    /// Type of a sample, for example `u8`.
    pub sample: String,
    /// `interleaved` or `planar`.
    pub layout: &'static str,
    /// Bytes of one image.
    pub bytes: usize,
}

impl From<ImageShape> for ShapeDescription {
    fn from(shape: ImageShape) -> Self {
        ShapeDescription {
            width: shape.width,
            height: shape.height,
            channels: shape.channels,
            sample: shape.sample.to_string(),
            layout: match shape.layout {
                Layout::Interleaved => "interleaved",
                Layout::Planar => "planar",
            },
            bytes: shape.bytes(),
        }
    }
}

/// The distribution of nodes over streams, as numbers and as text.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ScheduleDescription {
    /// Streams in use.
    pub streams: usize,
    /// Events between streams.
    pub events: usize,
    /// One line per step.
    pub text: String,
}

impl FusionDescription {
    fn new(pipeline: &Pipeline, fusion: &Fusion) -> Self {
        let name = |node: usize| pipeline.nodes()[node].name().to_owned();
        let chain = |chain: &Chain| ChainDescription {
            rule: chain.rule,
            nodes: chain.nodes.iter().map(|&node| name(node)).collect(),
        };
        let apart = |apart: &Apart| ApartDescription {
            from: name(apart.from),
            to: name(apart.to),
            reason: apart.text(pipeline),
        };
        FusionDescription {
            chains: fusion.chains().iter().map(chain).collect(),
            apart: fusion.apart().iter().map(apart).collect(),
        }
    }
}

impl Pipeline {
    /// Describes the pipeline for an execution on `device` with at most `streams` streams. With the shapes of the inputs the
    /// description has also the shapes of all nodes, and the memory for batches of `batch` frames. Allocates nothing on the
    /// device.
    ///
    /// # Errors
    /// A node cannot take what its inputs give, or `streams` is not from 1 to 32.
    pub fn describe(
        &self,
        inputs: Option<&[ImageShape]>,
        batch: u32,
        streams: usize,
        device: &Device,
    ) -> Result<Description, PipelineError> {
        let schedule = Schedule::new(self.tasks(), streams)?;
        let batch = batch.max(1);
        let kind = device.kind();
        let plan = |inputs| {
            let operators = self.plan_operators(inputs)?;
            PipelinePlan::new(self, operators, &schedule, batch, kind)
        };
        let plan = inputs.map(plan).transpose()?;
        let plan = plan.as_ref();
        let shape_of = |source| plan.map(|plan| plan.shapes().of(source).into());
        let mut is_output = vec![false; self.nodes().len()];
        for &output in self.output_nodes() {
            is_output[output] = true;
        }
        let node = |(index, node): (usize, &Node)| NodeDescription {
            name: node.name().to_owned(),
            operator: node.operator().kind(),
            parameters: format!("{:?}", node.operator()),
            reads: node
                .sources()
                .iter()
                .map(|&source| self.source_name(source).to_owned())
                .collect(),
            shape: shape_of(Source::Node(index)),
            is_output: is_output[index],
            stream: schedule.stream_of(NodeId::from_index(index)),
            location: node.location().map(ToString::to_string),
        };
        Ok(Description {
            name: self.name().to_owned(),
            inputs: self
                .inputs()
                .enumerate()
                .map(|(index, name)| InputDescription {
                    name: name.to_owned(),
                    shape: shape_of(Source::Input(index)),
                })
                .collect(),
            nodes: self.nodes().iter().enumerate().map(node).collect(),
            outputs: self.outputs().map(str::to_owned).collect(),
            unused: self.unused().to_vec(),
            schedule: ScheduleDescription {
                streams: schedule.streams_used(),
                events: schedule.event_count(),
                text: schedule.to_string(),
            },
            fusion: plan.map(|plan| FusionDescription::new(self, plan.fusion())),
            mixed: inputs.map(|inputs| MixedDescription::new(self, inputs, kind)),
            memory: plan.map(|plan| plan.describe_memory(device)).transpose()?,
        })
    }

    /// Draws the pipeline as Graphviz DOT: inputs and nodes with operators and, where they are given, shapes. Long names are
    /// cut.
    pub fn to_dot(&self, shapes: Option<&Shapes>) -> String {
        self.graph().to_dot_with(|id| self.label(id, shapes))
    }

    /// Draws the pipeline as a Mermaid flowchart, with the labels of [`Pipeline::to_dot`].
    pub fn to_mermaid(&self, shapes: Option<&Shapes>) -> String {
        self.graph().to_mermaid_with(|id| self.label(id, shapes))
    }

    fn label(&self, id: NodeId, shapes: Option<&Shapes>) -> String {
        let source = match id.index().checked_sub(self.inputs().len()) {
            Some(node) => Source::Node(node),
            None => Source::Input(id.index()),
        };
        let mut label = cut(self.source_name(source)).into_owned();
        if let Source::Node(node) = source {
            let kind = self.nodes()[node].operator().kind();
            if kind != label {
                label += "\n";
                label += kind;
            }
        }
        if let Some(shapes) = shapes {
            label += "\n";
            label += &shapes.of(source).to_string();
        }
        label
    }
}
