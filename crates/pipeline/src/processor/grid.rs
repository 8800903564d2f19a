//! The grid of patches or tiles of an image.

use crate::pipeline::Pipeline;
use crate::pipeline::node::Node;
use crate::processor::error::ProcessorError;
use crate::processor::steps::Recipe;
use pixelflume_ops::ImageShape;

/// The rows and columns of the patches or tiles of an image.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub struct Grid {
    /// Number of rows.
    pub rows: u32,
    /// Number of columns.
    pub columns: u32,
}

/// The grid for an RGB image of this size; `None` where the recipe makes neither patches nor tiles.
pub(super) fn of(
    pipeline: &Pipeline,
    recipe: &Recipe,
    width: u32,
    height: u32,
) -> Result<Option<Grid>, ProcessorError> {
    let Some((side, cut)) = recipe.patches() else {
        return Ok(None);
    };
    let image = ImageShape::u8(width, height, 3);
    let shapes = pipeline.infer(&[image])?;
    let mut names = pipeline.nodes().iter().map(Node::name);
    // Without a resampling the image itself is cut.
    let index = names.position(|name| name == cut);
    let shape = index.map_or(image, |index| shapes.nodes[index]);
    Ok(Some(Grid {
        rows: shape.height / side,
        columns: shape.width / side,
    }))
}
