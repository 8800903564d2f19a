//! How a pipeline decodes files, as Python has it.

use crate::pipeline::wrong;
use pixelflume::codec::{Color, DecodeOptions, Orientation, Rect};
use pixelflume::graph::text::Shown;
use pyo3::prelude::*;

/// `exif`, `color`, `allow_truncated` and `crop` of the table `decode` of pipeline files.
pub(super) type DecodeTuple = (String, String, bool, Option<[u32; 4]>);

pub(super) fn tuple_of(options: &DecodeOptions) -> DecodeTuple {
    let crop = options
        .crop
        .map(|crop| [crop.x, crop.y, crop.width, crop.height]);
    (
        options.orientation.name().to_owned(),
        options.color.name().to_owned(),
        options.allow_truncated,
        crop,
    )
}

/// The settings of a tuple that Python made.
pub(super) fn options_of(tuple: DecodeTuple) -> PyResult<DecodeOptions> {
    let (exif, color, allow_truncated, crop) = tuple;
    let mut orientations = Orientation::ALL.into_iter();
    let orientation = orientations.find(|orientation| orientation.name() == exif);
    let mut colors = Color::ALL.into_iter();
    let found = colors.find(|known| known.name() == color);
    let crop = crop.map(|[x, y, width, height]| Rect {
        x,
        y,
        width,
        height,
    });
    if let Some(Rect { width, height, .. }) = crop
        && (width == 0 || height == 0)
    {
        return Err(wrong(format!("a crop of {width}x{height} has no pixels")));
    }
    Ok(DecodeOptions {
        orientation: orientation
            .ok_or_else(|| refused("exif", &exif, Orientation::ALL.map(Orientation::name)))?,
        color: found.ok_or_else(|| refused("color", &color, Color::ALL.map(Color::name)))?,
        allow_truncated,
        crop,
        ..DecodeOptions::default()
    })
}

/// The exception for a name that a setting does not have.
fn refused<const N: usize>(setting: &str, got: &str, known: [&str; N]) -> PyErr {
    let known = known.join(", ");
    wrong(format!(
        "{setting} cannot be {}; it is one of: {known}",
        Shown(got)
    ))
}
