//! The description of one image for the tables of an engine.

use super::{MixedInputs, Table};
use crate::engine::FrameError;
use crate::engine::given::{MOST_SETS, NO_VALUES};
use crate::error::PipelineError;
use crate::pipeline::Pipeline;
use crate::plan::mixed::InputChain;
use pixelflume_device::Address;
use pixelflume_graph::text::Shown;
use pixelflume_ops::mixed::{ChainImage, ImageDescriptor, MAX_OPERATORS, MixedError};
use pixelflume_ops::{ImageShape, ImageValues};
use std::sync::Arc;

/// One image, for the tables of its input.
#[derive(Copy, Clone, Debug)]
pub(in crate::engine) struct MixedImage<'a> {
    pub(in crate::engine) frame: usize,
    pub(in crate::engine) shape: ImageShape,
    pub(in crate::engine) address: Address,
    /// Bytes from a row to the next.
    pub(in crate::engine) row_pitch: usize,
    /// The number of the image in its data set; `None` where it is not known yet.
    pub(in crate::engine) index: Option<u64>,
    pub(in crate::engine) epoch: u64,
    /// The values that were given for the image, with the nodes they are for.
    pub(in crate::engine) values: &'a [(usize, ImageValues<'a>)],
}

impl MixedInputs {
    /// The descriptor of an image for the table of a chain of its input.
    pub(in crate::engine) fn describe(
        &self,
        pipeline: &Pipeline,
        table: Table,
        image: &MixedImage<'_>,
    ) -> Result<ImageDescriptor, FrameError> {
        let chain = &self.plan.chains[table.chain];
        // Lists for the operators of the chain, without memory.
        let mut sets = [NO_VALUES; MOST_SETS];
        let mut used = 0;
        let mut ranges = [(0, 0); MAX_OPERATORS];
        for (range, &node) in ranges.iter_mut().zip(&chain.nodes) {
            let begin = used;
            for (_, set) in image.values.iter().filter(|(other, _)| *other == node) {
                // A node is once in a chain, and an image has no more sets.
                sets[used] = *set;
                used += 1;
            }
            *range = (begin, used);
        }
        let values = ranges.map(|(begin, end)| &sets[begin..end]);
        let described = chain.chain.describe(&ChainImage {
            shape: image.shape,
            base: image.address,
            row_pitch: image.row_pitch,
            // An image without a number is described again when it has one.
            index: image.index.unwrap_or(0),
            epoch: image.epoch,
            // The values are those of this image alone.
            frame: 0,
            values: &values[..chain.nodes.len().min(MAX_OPERATORS)],
        });
        described.map_err(|error| refused(pipeline, chain, image, error))
    }
}

/// The error of an image that a chain cannot take.
#[cold]
fn refused(
    pipeline: &Pipeline,
    chain: &InputChain,
    image: &MixedImage<'_>,
    error: MixedError,
) -> FrameError {
    match error {
        MixedError::Operator(position, source) => {
            let node = chain.nodes.get(position).unwrap_or(&chain.nodes[0]);
            FrameError::Image(Arc::new(PipelineError::FrameOperator {
                node: Box::new(pipeline.nodes()[*node].error_name()),
                frame: image.frame,
                index: image.index,
                source: Box::new(source),
            }))
        }
        error => {
            let nodes = chain.nodes.iter();
            let names = nodes.map(|&node| Shown(pipeline.nodes()[node].name()).to_string());
            FrameError::Chain {
                frame: image.frame,
                shape: image.shape,
                nodes: names.collect::<Vec<_>>().join(", "),
                reason: error.to_string(),
            }
        }
    }
}
