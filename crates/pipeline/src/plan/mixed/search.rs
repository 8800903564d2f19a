//! The search for the mixed chains of a pipeline.

use crate::pipeline::Pipeline;
use crate::pipeline::node::Source;
use crate::plan::mixed::InputChain;
use crate::plan::mixed::paths::Paths;
use pixelflume_device::{Address, DeviceKind};
use pixelflume_graph::text::Shown;
use pixelflume_ops::mixed::{ChainImage, MixedChain, MixedError};
use pixelflume_ops::{ImageShape, ImageValues, Operator};
use std::sync::Arc;

/// The address of an image that is described for its size alone.
pub(crate) const STAND_IN: Address = Address::new(1 << 20);

/// The largest side of an image with which a chain is tried out.
const LARGEST_SIDE: u32 = 1 << 14;

/// The frames of an input, as far as a derived pipeline depends on them.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) struct InputFrames {
    /// The shape of the first frame.
    pub(crate) first: ImageShape,
    /// Whether the frames are one batch: of one shape, and at equal distances in memory.
    pub(crate) is_batch: bool,
}

impl InputFrames {
    /// Whether what is found out for one holds for the other: the size counts for a batch alone.
    pub(crate) fn is_alike(&self, other: &InputFrames) -> bool {
        let (own, others) = (self.first, other.first);
        let kind = |shape: ImageShape| (shape.channels, shape.sample, shape.layout);
        self.is_batch == other.is_batch
            && kind(own) == kind(others)
            && (!self.is_batch || own == others)
    }
}

/// What is known about the first image of a batch when chains are made.
#[derive(Copy, Clone)]
pub(crate) struct FirstImage<'a> {
    pub(crate) index: u64,
    pub(crate) epoch: u64,
    /// The values that were given for each image, by node.
    pub(crate) values: &'a dyn Fn(usize) -> &'a [ImageValues<'a>],
}

/// A node that keeps a pipeline from having a derived one, and the reason.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct NotChained {
    pub(crate) node: usize,
    pub(crate) reason: String,
}

/// What is found out about the chains of a pipeline.
#[derive(Clone, Debug, Default)]
pub(crate) struct ChainSearch {
    pub(crate) described: Vec<usize>,
    pub(crate) chains: Vec<InputChain>,
    /// Nodes that no chain takes; where there are any, there is no derived pipeline.
    pub(crate) not_chained: Vec<NotChained>,
}

impl ChainSearch {
    /// Finds the chains of a pipeline for these inputs on a kind of device.
    ///
    /// Whatever reads an input whose frames are no batch has to begin a chain, and a node whose effect differs from image to image
    /// has to be in one. A chain is the longest that [`MixedChain::new`] takes of the nodes from there on that have one reader each;
    /// where the pipeline does without fusion, a chain is one node.
    pub(crate) fn new(
        pipeline: &Pipeline,
        inputs: &[InputFrames],
        image: FirstImage<'_>,
        device: DeviceKind,
    ) -> Self {
        let mut search = ChainSearch::default();
        let nodes = pipeline.nodes();
        let paths = Paths::new(pipeline);
        let mut is_chained = vec![false; nodes.len()];
        for (head, node) in nodes.iter().enumerate() {
            for (at, &source) in node.sources().iter().enumerate() {
                let Source::Input(input) = source else {
                    continue;
                };
                let frames = inputs[input];
                if node.sources().len() > 1 {
                    if !frames.is_batch && !node.sources()[..at].contains(&source) {
                        let count = node.sources().len();
                        search.refuse(head, format!("it reads {count} images"));
                    }
                    continue;
                }
                let path = paths.from(head, pipeline);
                let is_per_image = |node: &usize| nodes[*node].operator().is_per_image();
                if frames.is_batch && !path.iter().any(is_per_image) {
                    continue;
                }
                match chain(pipeline, &path, frames.first, image, device) {
                    Err(reason) => search.refuse(head, reason),
                    Ok((length, chain)) => {
                        let described = &mut search.described;
                        let known = described.iter().position(|&other| other == input);
                        let position = known.unwrap_or_else(|| {
                            described.push(input);
                            described.len() - 1
                        });
                        let nodes = path[..length].to_vec();
                        nodes.iter().for_each(|&node| is_chained[node] = true);
                        search.chains.push(InputChain {
                            position,
                            nodes,
                            chain,
                        });
                    }
                }
            }
        }
        for (index, node) in nodes.iter().enumerate() {
            if node.operator().is_per_image()
                && !is_chained[index]
                && search.not_chained.iter().all(|other| other.node != index)
            {
                search.refuse(
                    index,
                    "its effect differs from image to image, and it is in no chain from an input on".to_owned(),
                );
            }
        }
        search
    }

    fn refuse(&mut self, node: usize, reason: String) {
        self.not_chained.push(NotChained { node, reason });
    }

    /// Refuses the chains that are for images of one size: their outputs have other shapes for other images than the first, or they
    /// take no other size that is tried.
    pub(crate) fn refuse_sizes(&mut self, inputs: &[InputFrames], image: FirstImage<'_>) {
        let mut refused = Vec::new();
        for chain in &self.chains {
            let first = inputs[self.described[chain.position]].first;
            let values = values_of(&chain.nodes, image);
            if let (Some(reason), Some(&tail)) =
                (one_size(chain, first, image, &values), chain.nodes.last())
            {
                refused.push((tail, reason));
            }
        }
        for (node, reason) in refused {
            self.refuse(node, reason);
        }
    }
}

/// The reason why a chain is for images of one size; `None` where it takes images of several, all to one output shape.
fn one_size(
    chain: &InputChain,
    first: ImageShape,
    image: FirstImage<'_>,
    values: &[&[ImageValues<'_>]],
) -> Option<String> {
    let (width, height) = (first.width, first.height);
    let twice = |side: u32| side.saturating_mul(2);
    // Larger and smaller, of other proportions, and by one pixel.
    let sizes = [
        (twice(width), height),
        (width, twice(height)),
        (width / 2, height),
        (width, height / 2),
        (twice(width), height.saturating_mul(3)),
        (width / 2, height / 3),
        (width.saturating_add(1), height.saturating_add(1)),
        (width.saturating_sub(1), height.saturating_sub(1)),
    ];
    let mut is_taken = false;
    for (width, height) in sizes {
        let side = |side: u32| side.clamp(1, LARGEST_SIDE);
        let other = ImageShape {
            width: side(width),
            height: side(height),
            ..first
        };
        if other == first {
            continue;
        }
        match chain.chain.describe(&chain_image(other, image, values)) {
            Ok(_) => is_taken = true,
            Err(MixedError::Output { expected, got }) => {
                return Some(format!(
                    "it makes {expected} of an image of {first}, and {got} of one of {other}"
                ));
            }
            // The operators do not take this size.
            Err(_) => {}
        }
    }
    (!is_taken).then(|| format!("it takes images of {first}, and of no other size that was tried"))
}

/// The longest chain of the first nodes of a path, and how many they are.
fn chain(
    pipeline: &Pipeline,
    path: &[usize],
    shape: ImageShape,
    image: FirstImage<'_>,
    device: DeviceKind,
) -> Result<(usize, MixedChain), String> {
    let nodes = pipeline.nodes();
    let operators: Vec<Arc<dyn Operator>> = path
        .iter()
        .map(|&node| Arc::clone(nodes[node].operator()))
        .collect();
    let values = values_of(path, image);
    let mut reasons = Vec::new();
    for length in (1..=path.len()).rev() {
        let first = chain_image(shape, image, &values[..length]);
        match MixedChain::new(&operators[..length], &first, device) {
            Ok(chain) => return Ok((length, chain)),
            Err(reason) => reasons.push(reason),
        }
    }
    // The reason of the shortest chain says why there is none.
    Err(reasons.pop().unwrap_or_default())
}

/// The values that were given for each image, for the nodes of a path.
fn values_of<'a>(path: &[usize], image: FirstImage<'a>) -> Vec<&'a [ImageValues<'a>]> {
    path.iter().map(|&node| (image.values)(node)).collect()
}

/// The first image, or one of another size, without memory.
fn chain_image<'a>(
    shape: ImageShape,
    image: FirstImage<'_>,
    values: &'a [&'a [ImageValues<'a>]],
) -> ChainImage<'a> {
    ChainImage {
        shape,
        base: STAND_IN,
        row_pitch: shape.row_bytes(),
        index: image.index,
        epoch: image.epoch,
        frame: 0,
        values,
    }
}

impl NotChained {
    /// The reason as text, with the name of the node.
    pub(crate) fn text(&self, pipeline: &Pipeline) -> String {
        let node = &pipeline.nodes()[self.node];
        let (name, kind) = (Shown(node.name()), node.operator().kind());
        format!("\"{name}\" ({kind}): {}", self.reason)
    }

    /// The reasons of several nodes as text.
    pub(crate) fn texts(all: &[NotChained], pipeline: &Pipeline) -> String {
        let texts: Vec<String> = all.iter().map(|one| one.text(pipeline)).collect();
        texts.join("; ")
    }
}
