//! The inputs of an engine for images of any sizes: which plan it executes, and how an image is described for it.

use super::given::{MOST_SETS, NO_VALUES};
use super::room::place_bytes;
use super::{EngineError, FrameError};
use crate::error::PipelineError;
use crate::mixed::values::{BatchImages, BatchParameters};
use crate::pipeline::Pipeline;
use crate::pipeline::node::Source;
use crate::plan::mixed::search::{ChainSearch, FirstImage, InputFrames, NotChained};
use crate::plan::mixed::{InputChain, MixedPlan, TableOrInput};
use pixelflume_device::{Address, Device, DeviceKind};
use pixelflume_graph::text::Shown;
use pixelflume_ops::image::error::checked_bytes;
use pixelflume_ops::mixed::{ChainImage, ImageDescriptor, MAX_OPERATORS, MixedError};
use pixelflume_ops::{ImageShape, ImageValues};
use std::sync::Arc;

/// The derived pipeline of an engine, and what its inputs are.
#[derive(Debug)]
pub(super) struct MixedInputs {
    pub(super) plan: MixedPlan,
    /// By input of the original pipeline.
    inputs: Vec<MixedInput>,
    /// The shapes of the derived pipeline's inputs.
    pub(super) shapes: Vec<ImageShape>,
    /// Bytes of the results of one frame.
    pub(super) result_bytes: usize,
}

/// An input of the original pipeline.
#[derive(Debug)]
pub(super) enum MixedInput {
    /// All images have one shape. They are this input of the derived pipeline.
    Fixed(usize),
    /// The images may have any size. They are described in the tables of these chains.
    Sized(Vec<Table>),
}

/// The table of a chain.
#[derive(Copy, Clone, Debug)]
pub(super) struct Table {
    /// The input of the derived pipeline.
    pub(super) input: usize,
    chain: usize,
}

/// One image, for the tables of its input.
#[derive(Copy, Clone, Debug)]
pub(super) struct MixedImage<'a> {
    pub(super) frame: usize,
    pub(super) shape: ImageShape,
    pub(super) address: Address,
    /// Bytes from a row to the next.
    pub(super) row_pitch: usize,
    /// The number of the image in its data set; `None` where it is not known yet.
    pub(super) index: Option<u64>,
    pub(super) epoch: u64,
    /// The values that were given for the image, with the nodes they are for.
    pub(super) values: &'a [(usize, ImageValues<'a>)],
}

impl MixedInputs {
    /// Derives the pipeline for images of any sizes. `shapes` are those of one image for each input. An input that no chain reads
    /// keeps its shape; one input at least has to be for images of any sizes.
    ///
    /// # Errors
    /// The pipeline cannot take images of these shapes, or there is no such pipeline on this kind of device.
    pub(super) fn new(
        pipeline: &Pipeline,
        shapes: &[ImageShape],
        values: Option<&BatchParameters<'_>>,
        device: &Device,
    ) -> Result<Self, EngineError> {
        // A pipeline that cannot take the examples at all has another error.
        if !pipeline.is_per_image() {
            pipeline.infer(shapes)?;
        }
        pipeline.check_input_count(shapes.len())?;
        if let Some(values) = values {
            values.check(pipeline, 1)?;
        }
        let images = BatchImages::new(values, 0, 0);
        Self::derive(pipeline, shapes, images, device.kind()).map_err(|reason| {
            EngineError::NotMixed {
                pipeline: pipeline.name().to_owned(),
                device: device.name().to_owned(),
                reason,
            }
        })
    }

    /// The `Err` value is the reason why there is no pipeline for images of any sizes.
    fn derive(
        pipeline: &Pipeline,
        shapes: &[ImageShape],
        images: BatchImages<'_>,
        device: DeviceKind,
    ) -> Result<Self, String> {
        let mut frames: Vec<_> = shapes
            .iter()
            .map(|&first| InputFrames {
                first,
                is_batch: false,
            })
            .collect();
        let first = FirstImage {
            index: 0,
            epoch: 0,
            values: &|node| images.values_of(node),
        };
        let mut reasons: Vec<NotChained> = Vec::new();
        // Each turn fixes the shape of one more input at least.
        let search = loop {
            let mut search = ChainSearch::new(pipeline, &frames, first, device);
            search.refuse_sizes(&frames, first);
            let mut fixed = false;
            for refused in &search.not_chained {
                for input in inputs_of(pipeline, refused.node) {
                    fixed |= !std::mem::replace(&mut frames[input].is_batch, true);
                }
                if !reasons.contains(refused) {
                    reasons.push(refused.clone());
                }
            }
            match fixed {
                true => {}
                false if !search.not_chained.is_empty() || search.chains.is_empty() => {
                    return Err(match reasons.is_empty() {
                        true => "no node reads an input alone".to_owned(),
                        false => NotChained::texts(&reasons, pipeline),
                    });
                }
                false => break search,
            }
        };
        let plan = search.derive(pipeline).map_err(|error| error.to_string())?;
        let inputs = (0..shapes.len()).map(|input| {
            let at = |source| plan.sources.iter().position(|&other| other == source);
            match at(TableOrInput::Input(input)) {
                Some(input) => Ok(MixedInput::Fixed(input)),
                None => {
                    let position = plan.described.iter().position(|&other| other == input);
                    let chains = plan.chains.iter().enumerate();
                    let chains = chains.filter(|(_, chain)| Some(chain.position) == position);
                    let tables = chains.map(|(chain, _)| {
                        let input = at(TableOrInput::Table(chain));
                        input.map(|input| Table { input, chain })
                    });
                    let tables: Option<Vec<_>> = tables.collect();
                    tables.map(MixedInput::Sized).ok_or("a chain has no table")
                }
            }
        });
        let inputs = inputs.collect::<Result<_, _>>()?;
        let mut executed = Vec::new();
        plan.input_shapes(|input| shapes[input], &mut executed);
        let shapes = executed;
        let inferred = plan.pipeline.infer(&shapes);
        let inferred = inferred.map_err(|error| error.to_string())?;
        let results = plan.pipeline.output_nodes().iter();
        let results = results.map(|&node| inferred.nodes[node].bytes());
        Ok(MixedInputs {
            inputs,
            result_bytes: results.fold(0, usize::saturating_add),
            shapes,
            plan,
        })
    }

    /// What an input of the original pipeline is.
    pub(super) fn input(&self, input: usize) -> &MixedInput {
        &self.inputs[input]
    }

    /// For each input of the derived pipeline the input of the original one that it is; `None` for tables.
    pub(super) fn fixed(&self) -> Vec<Option<usize>> {
        let sources = self.plan.sources.iter();
        let original = sources.map(|&source| match source {
            TableOrInput::Input(input) => Some(input),
            TableOrInput::Table(_) => None,
        });
        original.collect()
    }

    /// Bytes that the images of one frame take of the room for pixels.
    pub(super) fn room_bytes(&self, shapes: &[ImageShape]) -> usize {
        let shapes = shapes.iter().enumerate();
        let sized = shapes.filter(|(input, _)| self.is_sized(*input));
        let bytes = sized.map(|(_, shape)| checked_bytes(shape).map_or(usize::MAX, place_bytes));
        bytes.fold(0, usize::saturating_add)
    }

    /// Bytes of one frame of the inputs that keep their shape.
    pub(super) fn fixed_bytes(&self, shapes: &[ImageShape]) -> usize {
        let shapes = shapes.iter().enumerate();
        let fixed = shapes.filter(|(input, _)| !self.is_sized(*input));
        let bytes = fixed.map(|(_, shape)| checked_bytes(shape).unwrap_or(0));
        bytes.fold(0, usize::saturating_add)
    }

    /// Whether an input takes images of any sizes.
    pub(super) fn is_sized(&self, input: usize) -> bool {
        matches!(self.inputs[input], MixedInput::Sized(_))
    }

    /// The descriptor of an image for the table of a chain of its input.
    pub(super) fn describe(
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

/// The inputs of the pipeline that a node reads; where it reads none itself, those that the nodes before it read.
fn inputs_of(pipeline: &Pipeline, node: usize) -> Vec<usize> {
    let (mut open, mut inputs) = (vec![node], Vec::new());
    while inputs.is_empty() && !open.is_empty() {
        for node in std::mem::take(&mut open) {
            for &source in pipeline.nodes()[node].sources() {
                match source {
                    Source::Input(input) => inputs.push(input),
                    Source::Node(node) => open.push(node),
                }
            }
        }
    }
    inputs
}
