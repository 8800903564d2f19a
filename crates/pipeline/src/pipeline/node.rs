//! The nodes of a pipeline, their sources, and the shapes of all images.

use crate::error::names::{Location, NodeName};
use pixelflume_ops::{ImageShape, Operator, Plan};
use std::sync::Arc;

/// A node of a [`Pipeline`](crate::Pipeline): an operator and its sources.
#[derive(Clone, Debug)]
pub struct Node {
    pub(crate) name: String,
    pub(crate) operator: Arc<dyn Operator>,
    pub(crate) sources: Vec<Source>,
    pub(crate) location: Option<Location>,
    /// For a mixed chain, the names of the nodes that it stands for; otherwise empty.
    pub(crate) fused: Vec<String>,
}

impl Node {
    /// The name, which is unique in the pipeline.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The operator that the node executes.
    pub fn operator(&self) -> &Arc<dyn Operator> {
        &self.operator
    }

    /// The sources of the operator's inputs, in their order.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// The name and the place of the node, for errors.
    pub(crate) fn error_name(&self) -> NodeName {
        NodeName {
            name: self.name.clone(),
            location: self.location.clone(),
        }
    }

    /// The place of the node in its pipeline file; `None` for a pipeline that was built in Rust.
    pub fn location(&self) -> Option<&Location> {
        self.location.as_ref()
    }
}

/// A source of images: an input of the pipeline or a node.
#[derive(Copy, Clone, Debug, Eq, PartialEq, Hash)]
pub enum Source {
    /// An input of the pipeline, by index.
    Input(usize),
    /// A node, by index.
    Node(usize),
}

/// The shapes of all images in a pipeline, for one set of input shapes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Shapes {
    /// The shapes of the inputs, by index of the input.
    pub inputs: Vec<ImageShape>,
    /// The shapes of the outputs of the nodes, by index of the node.
    pub nodes: Vec<ImageShape>,
}

impl Shapes {
    /// The shape of the images of a source.
    pub fn of(&self, source: Source) -> ImageShape {
        match source {
            Source::Input(index) => self.inputs[index],
            Source::Node(index) => self.nodes[index],
        }
    }
}

/// The operator plan of every node, for one set of input shapes.
#[derive(Clone, Debug)]
pub(crate) struct OperatorPlans {
    pub(crate) shapes: Shapes,
    /// The operator plans, by index of the node.
    pub(crate) plans: Vec<Arc<dyn Plan>>,
}
