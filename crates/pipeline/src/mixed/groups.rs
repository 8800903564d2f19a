//! The groups of a batch: images of one shape, to which every node does the same.

use crate::error::PipelineError;
use crate::pipeline::Pipeline;
use crate::pipeline::node::{Node, Shapes, Source};
use pixelflume_graph::text::Shown;
use pixelflume_ops::image::error::checked_bytes;
use pixelflume_ops::{ImageContext, ImageShape, ImageValues, Operator, registry};
use std::collections::HashMap;
use std::sync::Arc;

/// Operators of one node that an image's operator is compared with, the last ones. Beyond, equal operators may be in several
/// groups.
const COMPARED: usize = 64;

/// Frames of a batch that one plan can execute.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// The numbers of the frames, ascending; at least one.
    pub(crate) frames: Vec<usize>,
    /// The pipeline with the operators for these images.
    pub(crate) pipeline: Pipeline,
    pub(crate) shapes: Shapes,
}

/// A batch, as its groups depend on it.
pub(crate) trait BatchFrames {
    /// The pipeline, with the operators for all images.
    fn pipeline(&self) -> &Pipeline;

    /// The number of frames, at least 1.
    fn frames(&self) -> usize;

    /// The shape of the image of a frame for an input.
    fn shape(&self, input: usize, frame: usize) -> ImageShape;

    /// The number of the image of a frame in its data set.
    fn index(&self, frame: usize) -> u64;

    /// The number of the pass over the data set.
    fn epoch(&self) -> u64;

    /// Calls `read` once, with the values that were given for a node, and the place of this frame in them.
    fn values(&self, node: usize, frame: usize, read: &mut dyn FnMut(usize, &[ImageValues<'_>]));
}

/// The groups of a batch, in the order of their first frames. `known` gives shapes that were inferred before.
///
/// # Errors
/// A node cannot take an image; the error names both.
pub(crate) fn groups(
    batch: &dyn BatchFrames,
    known: impl Fn(&[ImageShape]) -> Option<Shapes>,
) -> Result<Vec<Group>, PipelineError> {
    let pipeline = batch.pipeline();
    let mut groups = by_inputs(batch)?;
    if !pipeline.is_per_image() {
        let mut open = Vec::new();
        for (index, group) in groups.iter_mut().enumerate() {
            match known(&group.shapes.inputs) {
                Some(shapes) => group.shapes = shapes,
                None => open.push(index),
            }
        }
        for index in open {
            infer(&mut groups[index], batch)?;
        }
        return Ok(groups);
    }
    for node in 0..pipeline.nodes().len() {
        groups = by_node(groups, node, batch)?;
    }
    groups.sort_by_key(|group| group.frames[0]);
    Ok(groups)
}

fn by_inputs(batch: &dyn BatchFrames) -> Result<Vec<Group>, PipelineError> {
    let mut groups: Vec<Group> = Vec::new();
    let mut found: HashMap<Vec<ImageShape>, usize> = HashMap::new();
    for frame in 0..batch.frames() {
        let inputs = 0..batch.pipeline().inputs().len();
        let inputs: Vec<ImageShape> = inputs.map(|input| batch.shape(input, frame)).collect();
        let at = match found.get(&inputs) {
            Some(&at) => at,
            None => {
                for (name, shape) in batch.pipeline().inputs().zip(&inputs) {
                    checked_bytes(shape).map_err(|source| PipelineError::InputShape {
                        input: name.to_owned(),
                        source,
                    })?;
                }
                groups.push(Group {
                    frames: Vec::new(),
                    pipeline: batch.pipeline().clone(),
                    shapes: Shapes {
                        inputs: inputs.clone(),
                        nodes: Vec::new(),
                    },
                });
                found.insert(inputs, groups.len() - 1);
                groups.len() - 1
            }
        };
        groups[at].frames.push(frame);
    }
    Ok(groups)
}

/// Finds the shapes of all nodes for a group, whose operators are those of the pipeline.
fn infer(group: &mut Group, batch: &dyn BatchFrames) -> Result<(), PipelineError> {
    for node in batch.pipeline().nodes() {
        let output = output(&**node.operator(), node, group, batch)?;
        group.shapes.nodes.push(output);
    }
    Ok(())
}

/// An operator for some images, `None` for the node's own, and the numbers of their frames.
type Part = (Option<Arc<dyn Operator>>, Vec<usize>);

/// Divides groups by what a node does to their images, and finds the shapes of its output.
fn by_node(
    groups: Vec<Group>,
    index: usize,
    batch: &dyn BatchFrames,
) -> Result<Vec<Group>, PipelineError> {
    let node = &batch.pipeline().nodes()[index];
    let operator = node.operator();
    let read = |group: &Group| group.shapes.of(node.sources()[0]);
    let sizes = groups
        .iter()
        .map(|group| (read(group).width, read(group).height));
    let largest = sizes.fold((0, 0), |(width, height), (w, h)| {
        (width.max(w), height.max(h))
    });
    let mut divided = Vec::new();
    for mut group in groups {
        if !operator.is_per_image() {
            let output = output(&**operator, node, &group, batch)?;
            group.shapes.nodes.push(output);
            divided.push(group);
            continue;
        }
        let mut parts: Vec<Part> = Vec::new();
        for &frame in &group.frames {
            let mut own = Ok(None);
            batch.values(index, frame, &mut |place, values| {
                own = operator.for_image(&ImageContext {
                    shape: read(&group),
                    largest,
                    index: batch.index(frame),
                    epoch: batch.epoch(),
                    frame: place,
                    values,
                });
            });
            let own = own.map_err(|source| refused(node, frame, batch, source))?;
            let recent = parts.len().saturating_sub(COMPARED);
            match parts[recent..]
                .iter_mut()
                .find(|(other, _)| is_same(other, &own))
            {
                Some((_, frames)) => frames.push(frame),
                None => parts.push((own, vec![frame])),
            }
        }
        for (own, frames) in parts {
            let mut part = Group {
                frames,
                ..group.clone()
            };
            if let Some(own) = &own {
                part.pipeline = part.pipeline.replaced(index, Arc::clone(own));
            }
            let output = output(&**own.as_ref().unwrap_or(operator), node, &part, batch)?;
            part.shapes.nodes.push(output);
            divided.push(part);
        }
    }
    Ok(divided)
}

/// The shape of a node's output for a group.
fn output(
    operator: &dyn Operator,
    node: &Node,
    group: &Group,
    batch: &dyn BatchFrames,
) -> Result<ImageShape, PipelineError> {
    let read = |&source: &Source| group.shapes.of(source);
    let read: Vec<ImageShape> = node.sources().iter().map(read).collect();
    let frame = group.frames[0];
    let plan = operator
        .plan(&read)
        .map_err(|source| refused(node, frame, batch, source))?;
    let shape = plan.output();
    checked_bytes(&shape).map_err(|_| PipelineError::TooLarge {
        owner: format!("node \"{}\", frame {frame}", Shown(node.name())),
        shape,
        batch: 1,
    })?;
    Ok(shape)
}

fn refused(
    node: &Node,
    frame: usize,
    batch: &dyn BatchFrames,
    source: pixelflume_ops::OperatorError,
) -> PipelineError {
    PipelineError::FrameOperator {
        node: Box::new(node.error_name()),
        frame,
        index: Some(batch.index(frame)),
        source: Box::new(source),
    }
}

/// Whether two operators of one node do the same, as far as that can be told; `None` stands for the node's own.
fn is_same(one: &Option<Arc<dyn Operator>>, other: &Option<Arc<dyn Operator>>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => {
            let equal = || {
                let (one, other) = (registry::values_of(&**one), registry::values_of(&**other));
                one.is_some() && one == other
            };
            Arc::ptr_eq(one, other) || equal()
        }
        _ => false,
    }
}
