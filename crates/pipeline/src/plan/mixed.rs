//! Pipelines for batches whose images have several sizes: which nodes are mixed chains, and the pipeline that is derived.
//!
//! A *mixed chain* ([`MixedChain`]) computes the images of a batch, of any sizes, in one launch, from a table of image descriptors.
//! In the derived pipeline each chain is one node that reads a table in place of images; the nodes behind the chains are as before.
//! So the plan of the derived pipeline serves batches of all sizes. Pure data, like every plan.

use crate::error::PipelineError;
use crate::pipeline::Pipeline;
use crate::pipeline::node::{Node, Source};
use pixelflume_device::{Address, DeviceKind};
use pixelflume_graph::text::{Listed, Shown};
use pixelflume_ops::ImageValues;
use pixelflume_ops::mixed::{ChainImage, ImageDescriptor, MixedChain};
use pixelflume_ops::{ImageShape, Operator, OperatorError, Plan};
use std::collections::HashSet;
use std::sync::Arc;

/// The address of an image that is described for its size alone.
pub(crate) const STAND_IN: Address = Address::new(1 << 20);

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

    /// The derived pipeline.
    ///
    /// # Errors
    /// The names of the derived graph are refused, which they never are.
    pub(crate) fn derive(self, pipeline: &Pipeline) -> Result<MixedPlan, PipelineError> {
        let ChainSearch {
            described, chains, ..
        } = self;
        let nodes = pipeline.nodes();
        let mut taken: HashSet<String> = nodes.iter().map(|node| node.name.clone()).collect();
        let mut inputs = Vec::new();
        let mut sources = Vec::new();
        let mut add = |name: String, source: TableOrInput| {
            let mut name = name;
            while !taken.insert(name.clone()) {
                name.push('\'');
            }
            inputs.push(name);
            sources.push(source);
            Source::Input(inputs.len() - 1)
        };
        let input_name = |input| pipeline.source_name(Source::Input(input)).to_owned();
        // The chain whose last node a node is.
        let mut tails = vec![None; nodes.len()];
        let mut is_inside = vec![false; nodes.len()];
        for (index, chain) in chains.iter().enumerate() {
            for &node in &chain.nodes {
                is_inside[node] = true;
            }
            if let Some(&tail) = chain.nodes.last() {
                let table = add(input_name(described[chain.position]), TableOrInput::Table(index));
                tails[tail] = Some((chain, table));
            }
        }
        let mut given = vec![None; pipeline.inputs().len()];
        let mut now = vec![Source::Input(0); nodes.len()];
        let mut derived: Vec<Node> = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            let new = match tails[index] {
                Some((chain, table)) => chain_node(pipeline, chain, table),
                None if is_inside[index] => continue,
                None => {
                    let mut new = node.clone();
                    for source in &mut new.sources {
                        *source = match *source {
                            Source::Node(from) => now[from],
                            Source::Input(input) => *given[input].get_or_insert_with(|| {
                                add(input_name(input), TableOrInput::Input(input))
                            }),
                        };
                    }
                    new
                }
            };
            now[index] = Source::Node(derived.len());
            derived.push(new);
        }
        let outputs = pipeline.output_nodes().iter();
        let outputs = outputs.filter_map(|&node| match now[node] {
            Source::Node(node) => Some(node),
            Source::Input(_) => None,
        });
        let (name, outputs) = (pipeline.name().to_owned(), outputs.collect());
        let derived = Pipeline::assemble(
            name,
            inputs,
            derived,
            outputs,
            Vec::new(),
            pipeline.fusion(),
        )?;
        Ok(MixedPlan {
            pipeline: derived,
            chains,
            sources,
            described,
        })
    }
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
                    let is_per_image = |node: &usize| pipeline.nodes()[*node].operator().is_per_image();
                    described[input] &= node.sources().len() == 1 && path.iter().any(is_per_image);
                }
            }
        }
    }
    described
}

/// The nodes that may follow one another in a chain.
struct Paths {
    /// For each node, the one node that reads it; `None` where there is none or several, or the node is an output.
    next: Vec<Option<usize>>,
}

impl Paths {
    fn new(pipeline: &Pipeline) -> Self {
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
    fn from(&self, head: usize, pipeline: &Pipeline) -> Vec<usize> {
        let nodes = std::iter::successors(Some(head), |&node| self.next[node]);
        let most = match pipeline.fusion() {
            true => usize::MAX,
            false => 1,
        };
        nodes.take(most).collect()
    }
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
    let operators: Vec<Arc<dyn Operator>> =
        path.iter().map(|&node| Arc::clone(nodes[node].operator())).collect();
    let values: Vec<&[ImageValues<'_>]> = path.iter().map(|&node| (image.values)(node)).collect();
    let mut reasons = Vec::new();
    for length in (1..=path.len()).rev() {
        let first = ChainImage {
            shape,
            base: STAND_IN,
            row_pitch: shape.row_bytes(),
            index: image.index,
            epoch: image.epoch,
            frame: 0,
            values: &values[..length],
        };
        match MixedChain::new(&operators[..length], &first, device) {
            Ok(chain) => return Ok((length, chain)),
            Err(reason) => reasons.push(reason),
        }
    }
    // The reason of the shortest chain says why there is none.
    Err(reasons.pop().unwrap_or_default())
}

/// The node that stands for a chain in the derived pipeline.
fn chain_node(pipeline: &Pipeline, chain: &InputChain, table: Source) -> Node {
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

    #[expect(unsafe_code, reason = "takes the plan that reads the images of descriptors")]
    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        assert_eq!(
            inputs,
            [ImageDescriptor::SHAPE],
            "a mixed chain reads a table of descriptors"
        );
        // SAFETY: derived pipelines are run by lanes alone, which put into the table of this node the descriptors that `MixedRuns`
        // has made for the run: of images in the pixel buffer of the lane, and of the caller's device memory, both of which the
        // lane keeps and orders like all memory of a run (`RunInputs::behind`).
        Ok(unsafe { Arc::clone(self.chain.plan()) })
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
        Listed::new(texts.iter().map(String::as_str)).to_string()
    }
}
