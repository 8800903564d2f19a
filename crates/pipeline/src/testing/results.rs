//! The outputs of a processor in the form in which libraries give them.

use super::images::fingerprint;
use super::sets::GoldenError;
use crate::processor::Processor;
use crate::results::BatchOutputs;
use pixelflume_ops::image::owned::Image;
use pixelflume_ops::{Layout, SampleType};

/// The shape and the hash of an output.
pub(super) type Hashed = (Vec<usize>, u64);

/// The outputs of a run over one image, as the library has them.
pub(super) fn hashed(
    processor: &Processor,
    outputs: &BatchOutputs,
    input: &Image,
) -> Result<Vec<Hashed>, GoldenError> {
    let names: Vec<&str> = processor.pipeline().outputs().collect();
    let take = |name: &str| -> Result<&Image, GoldenError> {
        let images = outputs.images(name).map_err(GoldenError::of)?;
        images
            .first()
            .ok_or_else(|| GoldenError(format!("no image of {name}")))
    };
    if names == ["tiles", "global_image"] {
        let (tiles, global) = (take("tiles")?, take("global_image")?);
        let side = global.shape().width as usize;
        let shape = vec![tiles.shape().height as usize + 1, 3, side, side];
        let bytes = [tiles.data(), global.data()].concat();
        return Ok(vec![(shape, fingerprint(&bytes))]);
    }
    let shape = input.shape();
    let grid = processor
        .grid(shape.width, shape.height)
        .map_err(GoldenError::of)?;
    let of = |name: &str| {
        let image = take(name)?;
        let shape = image.shape();
        let (width, height) = (shape.width as usize, shape.height as usize);
        let dimensions = match (shape.channels, grid) {
            (1, Some(grid)) if grid.rows * grid.columns != shape.height => {
                return Err(GoldenError(format!(
                    "{height} rows of patches, and a grid of {} x {}",
                    grid.rows, grid.columns
                )));
            }
            (1, _) => vec![height, width],
            _ if (shape.sample, shape.layout) != (SampleType::F32, Layout::Planar) => {
                return Err(GoldenError(format!("{name} is {shape}, not planar f32")));
            }
            (channels, _) => vec![channels as usize, height, width],
        };
        Ok((dimensions, fingerprint(image.data())))
    };
    names.into_iter().map(of).collect()
}
