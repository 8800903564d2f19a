//! The node that stands for a mixed chain.

use crate::pipeline::Pipeline;
use crate::pipeline::node::{Node, Source};
use crate::plan::mixed::InputChain;
use pixelflume_ops::mixed::{ImageDescriptor, MixedChain};
use pixelflume_ops::{ImageShape, Operator, OperatorError, Plan};
use std::sync::Arc;

/// The node that stands for a chain in the derived pipeline.
pub(super) fn chain_node(pipeline: &Pipeline, chain: &InputChain, table: Source) -> Node {
    let nodes = pipeline.nodes();
    let tail = &nodes[chain.nodes[chain.nodes.len() - 1]];
    let names = chain.nodes.iter().map(|&node| nodes[node].name.clone());
    Node {
        name: tail.name.clone(),
        operator: Arc::new(ChainOperator {
            kind: tail.operator().kind(),
            chain: chain.chain.clone(),
        }),
        sources: vec![table],
        location: tail.location.clone(),
        fused: match chain.nodes.len() {
            1 => Vec::new(),
            _ => names.collect(),
        },
    }
}

/// The operator of a node that stands for a mixed chain. It reads a table of descriptors.
#[derive(Debug)]
struct ChainOperator {
    /// The kind of the last operator of the chain, for errors.
    kind: &'static str,
    chain: MixedChain,
}

impl Operator for ChainOperator {
    fn kind(&self) -> &'static str {
        self.kind
    }

    #[expect(
        unsafe_code,
        reason = "takes the plan that reads the images of descriptors"
    )]
    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        assert_eq!(
            inputs,
            [ImageDescriptor::SHAPE],
            "a mixed chain reads a table of descriptors"
        );
        // SAFETY: derived pipelines are run by lanes alone, which put into the table of this node the descriptors that `MixedRuns`
        // has made for the run: of images in the pixel buffer of the lane, and of the caller's device memory, both of which the
        // lane keeps and orders like all memory of a run (`RunInputs::described`).
        Ok(unsafe { Arc::clone(self.chain.plan()) })
    }
}
