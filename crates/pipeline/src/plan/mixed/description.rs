//! The description of how a pipeline executes batches of images of several sizes.

use crate::pipeline::Pipeline;
use crate::plan::mixed::search::{ChainSearch, FirstImage, InputFrames, NotChained};
use pixelflume_device::DeviceKind;
use pixelflume_ops::ImageShape;
use serde::Serialize;

/// The execution of batches whose images have several sizes: by one launch for each mixed chain, or in groups of images of one
/// size.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MixedDescription {
    /// The mixed chains: nodes that are one launch for all images of a batch.
    pub chains: Vec<MixedChainDescription>,
    /// The nodes that no chain takes. Where there are any, batches are executed in groups.
    pub grouped: Vec<GroupedDescription>,
}

/// A mixed chain.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct MixedChainDescription {
    /// Name of the input that it reads.
    pub input: String,
    /// Names of the nodes, in order.
    pub nodes: Vec<String>,
}

/// A node because of which batches are executed in groups.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GroupedDescription {
    /// Name of the node.
    pub node: String,
    /// The reason, as text.
    pub reason: String,
}

impl MixedDescription {
    /// Describes batches of images, the first of which have these shapes.
    pub(crate) fn new(pipeline: &Pipeline, inputs: &[ImageShape], device: DeviceKind) -> Self {
        let frames = |&first: &ImageShape| InputFrames {
            first,
            is_batch: false,
        };
        let inputs: Vec<InputFrames> = inputs.iter().map(frames).collect();
        let image = FirstImage {
            index: 0,
            epoch: 0,
            values: &|_| &[],
        };
        let mut search = ChainSearch::new(pipeline, &inputs, image, device);
        search.refuse_sizes(&inputs, image);
        let name = |node: usize| pipeline.nodes()[node].name().to_owned();
        let chains = search.chains.iter().map(|chain| {
            let input = search.described[chain.position];
            MixedChainDescription {
                input: pipeline.inputs().nth(input).unwrap_or_default().to_owned(),
                nodes: chain.nodes.iter().map(|&node| name(node)).collect(),
            }
        });
        let grouped = search.not_chained.iter();
        let grouped = grouped.map(|NotChained { node, reason }| GroupedDescription {
            node: name(*node),
            reason: reason.clone(),
        });
        MixedDescription {
            chains: chains.collect(),
            grouped: grouped.collect(),
        }
    }
}
