//! Pipelines for batches whose images have several sizes: which nodes are mixed chains, and the pipeline that is derived.
//!
//! A *mixed chain* ([`MixedChain`]) computes the images of a batch, of any sizes, in one launch, from a table of image descriptors.
//! In the derived pipeline each chain is one node that reads a table in place of images; the nodes behind the chains are as before.
//! So the plan of the derived pipeline serves batches of all sizes. Pure data, like every plan.

pub(crate) mod derive;
pub(crate) mod description;
mod node;
pub(crate) mod paths;
pub(crate) mod search;

use crate::pipeline::Pipeline;
use pixelflume_ops::ImageShape;
use pixelflume_ops::mixed::{ImageDescriptor, MixedChain};

/// The execution of mixed batches by a derived pipeline.
#[derive(Clone, Debug)]
pub(crate) struct MixedPlan {
    /// The derived pipeline.
    pub(crate) pipeline: Pipeline,
    pub(crate) chains: Vec<InputChain>,
    /// For each input of the derived pipeline, what is given for it.
    pub(crate) sources: Vec<TableOrInput>,
    /// The inputs of the original pipeline whose images are described one by one, by index.
    pub(crate) described: Vec<usize>,
}

/// A mixed chain of a pipeline.
#[derive(Clone, Debug)]
pub(crate) struct InputChain {
    /// The input that it reads, by its position among the described ones.
    pub(crate) position: usize,
    /// The nodes of the original pipeline, from first to last.
    pub(crate) nodes: Vec<usize>,
    pub(crate) chain: MixedChain,
}

/// What an input of a derived pipeline reads.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum TableOrInput {
    /// The table of descriptors of a chain, by index.
    Table(usize),
    /// The images of an input of the original pipeline, by index.
    Input(usize),
}

impl MixedPlan {
    /// Whether both are derived of one graph in the same way, so that their pipelines have one topology.
    pub(crate) fn is_alike(&self, other: &MixedPlan) -> bool {
        let mut chains = self.chains.iter().zip(&other.chains);
        self.sources == other.sources
            && self.chains.len() == other.chains.len()
            && chains.all(|(own, other)| own.nodes == other.nodes)
    }

    /// Appends the shapes of the inputs of the derived pipeline. `shape` gives those of the original one.
    pub(crate) fn input_shapes(
        &self,
        shape: impl Fn(usize) -> ImageShape,
        shapes: &mut Vec<ImageShape>,
    ) {
        shapes.extend(self.sources.iter().map(|source| match *source {
            TableOrInput::Table(_) => ImageDescriptor::SHAPE,
            TableOrInput::Input(input) => shape(input),
        }));
    }
}
