//! The inputs of an engine for images of any sizes: which plan it executes, and how an image is described for it.

mod describe;

pub(super) use describe::MixedImage;

use super::EngineError;
use super::room::place_bytes;
use crate::mixed::values::{BatchImages, BatchParameters};
use crate::pipeline::Pipeline;
use crate::pipeline::node::Source;
use crate::plan::mixed::search::{ChainSearch, FirstImage, InputFrames, NotChained};
use crate::plan::mixed::{MixedPlan, TableOrInput};
use pixelflume_device::{Device, DeviceKind};
use pixelflume_ops::ImageShape;
use pixelflume_ops::image::error::checked_bytes;

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
    pub(super) fn originals(&self) -> Vec<Option<usize>> {
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
