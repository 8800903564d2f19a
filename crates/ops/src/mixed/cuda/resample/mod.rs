//! Mixed chains with a resample on a GPU: the descriptor of an image for `resample_mixed.cu`, which computes windows and weights of each
//! image itself.

mod memory;
#[cfg(test)]
mod model;
mod plan;
#[cfg(test)]
mod tests;

pub(super) use plan::ResamplePlan;

use super::Geometry;
use super::template::Template;
use crate::contract::stage::ResampleStep;
use crate::mixed::ChainImage;
use memory::TileMemory;
use pixelflume_kernels::args::ResampleMixedImage;

/// The descriptor of an image whose geometry has this resample.
///
/// # Errors
/// The reason why the kernel cannot compute the image.
pub(super) fn descriptor(
    template: &Template,
    image: &ChainImage<'_>,
    geometry: &Geometry,
    step: &ResampleStep,
) -> Result<ResampleMixedImage, String> {
    let columns = geometry.columns.window_argument(&step.columns)?;
    let lines = geometry.lines.window_argument(&step.lines)?;
    let channels = template.resampled_channels();
    let memory = TileMemory::new(&columns, &lines, step.weights, channels)?;
    let (x, y) = (geometry.columns.corner(), geometry.lines.corner());
    // The corner lies in the image, whose rows can be addressed.
    let corner = u64::from(y) * image.row_pitch as u64 + u64::from(x * image.shape.channels);
    Ok(ResampleMixedImage {
        base: image.base.raw() + corner,
        row_pitch: image.row_pitch as u64,
        columns,
        lines,
        outside: u32::from_le_bytes(geometry.outside.unwrap_or_default()),
        premultiplied: step.premultiplied.into(),
        tile: memory.tile,
        column_taps: memory.column_taps,
        line_taps: memory.line_taps,
        stage_pitch: memory.stage_pitch,
    })
}
