//! The grid of patches or tiles of an image.

use crate::pipeline::Pipeline;
use crate::pipeline::node::Node;
use crate::processor::build::{RESIZED, TILED};
use crate::processor::error::ProcessorError;
use crate::processor::steps::{Form, Recipe, Steps};
use pixelflume_ops::ImageShape;

/// The rows and columns of the patches or tiles of an image.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Grid {
    /// Number of rows.
    pub rows: u32,
    /// Number of columns.
    pub columns: u32,
}

/// The rows and columns of patches or tiles of an image of this size.
pub(super) fn of(
    pipeline: &Pipeline,
    recipe: &Recipe,
    width: u32,
    height: u32,
) -> Result<Option<Grid>, ProcessorError> {
    let (node, side) = match recipe {
        Recipe::Transformers(Steps {
            form: Form::Patches { patch, .. },
            ..
        }) => (RESIZED, *patch),
        Recipe::Transformers(Steps {
            form: Form::Tiles(side),
            ..
        }) => (TILED, *side),
        _ => return Ok(None),
    };
    let image = ImageShape::u8(width, height, 3);
    let shapes = pipeline.infer(&[image])?;
    let mut nodes = pipeline.nodes().iter().map(Node::name);
    // Without a resampling the patches are those of the image itself.
    let index = nodes.position(|name| name == node);
    let shape = index.map_or(image, |index| shapes.nodes[index]);
    Ok(Some(Grid {
        rows: shape.height / side,
        columns: shape.width / side,
    }))
}
