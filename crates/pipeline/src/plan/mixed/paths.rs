//! The sequences of nodes that may be chains.

use crate::pipeline::Pipeline;
use crate::pipeline::node::Source;

/// The nodes that may follow one another in a chain.
pub(super) struct Paths {
    /// For each node, the one node that reads it; `None` where there is none or several, or the node is an output.
    next: Vec<Option<usize>>,
}

impl Paths {
    pub(super) fn new(pipeline: &Pipeline) -> Self {
        let nodes = pipeline.nodes();
        let mut readers = vec![0; nodes.len()];
        let mut next = vec![None; nodes.len()];
        for (to, node) in nodes.iter().enumerate() {
            for &source in node.sources() {
                if let Source::Node(from) = source {
                    readers[from] += 1;
                    next[from] = (node.sources().len() == 1).then_some(to);
                }
            }
        }
        for (node, &readers) in readers.iter().enumerate() {
            if readers != 1 {
                next[node] = None;
            }
        }
        for &output in pipeline.output_nodes() {
            next[output] = None;
        }
        Paths { next }
    }

    /// The nodes from `head` on, each the one reader of the one before.
    pub(super) fn from(&self, head: usize, pipeline: &Pipeline) -> Vec<usize> {
        let nodes = std::iter::successors(Some(head), |&node| self.next[node]);
        let most = match pipeline.fusion() {
            true => usize::MAX,
            false => 1,
        };
        nodes.take(most).collect()
    }
}

/// For each input of a pipeline, whether all that reads it begins a sequence of nodes, one of which has an effect that differs from
/// image to image: such an input is described image by image, also where its frames are one batch.
pub(crate) fn always_described(pipeline: &Pipeline) -> Vec<bool> {
    let mut described = vec![pipeline.is_per_image(); pipeline.inputs().len()];
    if pipeline.is_per_image() {
        let paths = Paths::new(pipeline);
        for (head, node) in pipeline.nodes().iter().enumerate() {
            for &source in node.sources() {
                if let Source::Input(input) = source {
                    let path = paths.from(head, pipeline);
                    let is_per_image =
                        |node: &usize| pipeline.nodes()[*node].operator().is_per_image();
                    described[input] &= node.sources().len() == 1 && path.iter().any(is_per_image);
                }
            }
        }
    }
    described
}
