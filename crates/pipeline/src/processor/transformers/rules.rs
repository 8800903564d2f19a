//! What each type does that others do not.

use super::reader::{Reader, SizeValue};
use super::size::{Edges, MAX_SIDE, edges, rectangle};
use crate::processor::error::ProcessorError;
use crate::processor::steps::{Form, Resize, Size};
use pixelflume_ops::ResampleSize;
use serde_json::Value;

/// The steps that differ from type to type.
pub(super) struct Parts {
    /// Left out where `do_resize` is off.
    pub(super) resize: Resize,
    pub(super) crop: Option<Size>,
    pub(super) form: Form,
}

/// The size of which the shorter edge is given, with the rounding of torchvision.
const fn shortest_edge(edge: u32) -> ResampleSize {
    ResampleSize::ShortestEdge {
        edge,
        max_size: None,
    }
}

/// The size by `max_width` and `max_height`.
const fn fitting(most: Size) -> ResampleSize {
    ResampleSize::Within {
        max_width: most.width,
        max_height: most.height,
    }
}

/// `BaseImageProcessor`: resize, center crop, pad.
pub(super) fn plain(reader: &mut Reader) -> Result<Parts, ProcessorError> {
    let size = reader.square_size()?;
    let target = match size.edges {
        Edges::Shortest(side) => shortest_edge(side),
        Edges::ShortestLongest { shortest, longest } => ResampleSize::ShortestEdgeDetr {
            edge: shortest,
            max_size: Some(longest),
        },
        Edges::Exact(size) => size.exact(),
        Edges::Within(size) => fitting(size),
        Edges::Longest(_) => {
            return Err(reader.refuse_size(&size, "shortest_edge, or height and width"));
        }
    };
    let crop = reader.crop()?;
    let (_, pad) = reader.pad(false)?;
    Ok(Parts {
        resize: target.into(),
        crop,
        form: Form::Image { pad, mask: false },
    })
}

/// ConvNeXt: a size below 384 is that of a center crop from an image whose shortest edge is `size / crop_pct`; a larger one is that of
/// the resize.
pub(super) fn convnext(reader: &mut Reader) -> Result<Parts, ProcessorError> {
    let size = reader.square_size()?;
    let Edges::Shortest(side) = size.edges else {
        return Err(reader.refuse_size(&size, "shortest_edge alone"));
    };
    let percent = reader.keys.factor("crop_pct")?.unwrap_or(224.0 / 256.0);
    let square = Size::square(side);
    let resize = if side >= 384 {
        square.exact().into()
    } else {
        let larger = f64::from(side) / percent;
        if !(1.0..=f64::from(MAX_SIDE)).contains(&larger) {
            let expected = format!("size / crop_pct is 1 to {MAX_SIDE}");
            return Err(reader.keys.refuse("crop_pct", &percent.into(), expected));
        }
        Resize {
            crop: Some(square),
            ..shortest_edge(larger as u32).into()
        }
    };
    let crop = reader.crop()?;
    reader.no_pad()?;
    Ok(Parts {
        resize,
        crop,
        form: Form::Image {
            pad: None,
            mask: false,
        },
    })
}

/// The sizes that detection and segmentation have.
fn within(reader: &Reader, size: &SizeValue) -> Result<ResampleSize, ProcessorError> {
    match size.edges {
        Edges::ShortestLongest { shortest, longest } => Ok(ResampleSize::ShortestEdgeDetr {
            edge: shortest,
            max_size: Some(longest),
        }),
        Edges::Exact(size) => Ok(size.exact()),
        Edges::Within(size) => Ok(fitting(size)),
        Edges::Shortest(_) | Edges::Longest(_) => Err(reader.refuse_size(
            size,
            "shortest_edge and longest_edge, height and width, or max_height and max_width",
        )),
    }
}

/// DETR: resize within limits, and a mask of the padding.
pub(super) fn detr(reader: &mut Reader) -> Result<Parts, ProcessorError> {
    let size = reader.limited_size(Some(1333))?;
    let target = within(reader, &size)?;
    let default = reader.keys.flag("pad_and_return_pixel_mask", true)?;
    let (mask, pad) = reader.pad(default)?;
    reader.no_crop()?;
    Ok(Parts {
        resize: target.into(),
        crop: None,
        form: Form::Image { pad, mask },
    })
}

/// Mask2Former: as DETR, but both sides become multiples of `size_divisor`, and there is always a mask.
pub(super) fn mask2former(reader: &mut Reader) -> Result<Parts, ProcessorError> {
    let size = reader.limited_size(None)?;
    let target = within(reader, &size)?;
    let divisor = reader.keys.integer("size_divisor", 0, MAX_SIDE)?;
    reader.no_crop()?;
    // Transformers looks at `pad_size` alone here.
    reader.keys.flag("do_pad", true)?;
    let pad = rectangle(&mut reader.keys, "pad_size")?;
    Ok(Parts {
        resize: Resize {
            round_up_to: divisor.unwrap_or(32).max(1),
            ..target.into()
        },
        crop: None,
        form: Form::Image { pad, mask: true },
    })
}

/// SAM: resize by the longest edge, and padding to `pad_size`.
pub(super) fn sam(reader: &mut Reader) -> Result<Parts, ProcessorError> {
    let size = reader.square_size()?;
    let Edges::Longest(side) = size.edges else {
        return Err(reader.refuse_size(&size, "longest_edge alone"));
    };
    let crop = reader.crop()?;
    let (_, pad) = reader.pad(true)?;
    Ok(Parts {
        resize: ResampleSize::LongestEdge { edge: side }.into(),
        crop,
        form: Form::Image { pad, mask: false },
    })
}

/// Qwen2-VL: resize to a number of pixels, and patches. The edges of `size` are numbers of pixels.
pub(super) fn qwen2_vl(reader: &mut Reader) -> Result<Parts, ProcessorError> {
    // Only one number as `size` could mean a square, and such a size is refused.
    reader.keys.flag("default_to_square", false)?;
    let size = reader.size(false, None, u32::MAX)?;
    let Edges::ShortestLongest { shortest, longest } = size.edges else {
        return Err(reader.refuse_size(
            &size,
            "shortest_edge and longest_edge, which are numbers of pixels",
        ));
    };
    let keys = &mut reader.keys;
    let min = keys.integer("min_pixels", 1, u32::MAX)?.unwrap_or(shortest);
    let max = keys.integer("max_pixels", 1, u32::MAX)?.unwrap_or(longest);
    let patch = keys.integer("patch_size", 1, 1024)?.unwrap_or(14);
    let merge = keys.integer("merge_size", 1, 64)?.unwrap_or(2);
    let temporal = keys.integer("temporal_patch_size", 1, 64)?.unwrap_or(2);
    reader.no_crop()?;
    reader.no_pad()?;
    let multiple = patch * merge;
    Ok(Parts {
        resize: ResampleSize::Multiple {
            multiple,
            min_pixels: Some(min),
            max_pixels: Some(max),
        }
        .into(),
        crop: None,
        form: Form::Patches {
            patch,
            merge,
            temporal,
        },
    })
}

/// Idefics3 and SmolVLM: tiles of the resized image, and the image in one tile.
pub(super) fn idefics3(reader: &mut Reader, resizes: bool) -> Result<Parts, ProcessorError> {
    let size = reader.square_size()?;
    let resize = match size.edges {
        Edges::Longest(edge) => ResampleSize::LongestEdgeIdefics3 { edge },
        Edges::Exact(size) => size.exact(),
        _ => return Err(reader.refuse_size(&size, "longest_edge alone, or height and width")),
    };
    let tile = tile(reader)?;
    let splits = reader.keys.flag("do_image_splitting", true)?;
    reader.no_crop()?;
    // All tiles have one size, so that padding changes nothing.
    reader.pad(true)?;
    let is_one_tile = match (splits, resizes, size.edges) {
        (false, ..) => Some(true),
        (true, true, Edges::Exact(size)) => Some(size.width.max(size.height) <= tile),
        // The longest edge is as long as this, at most 4096; the other one is even, and may be longer by 1.
        (true, true, Edges::Longest(edge)) if edge.min(4096) > tile => Some(false),
        (true, true, Edges::Longest(edge)) if edge < tile || tile.is_multiple_of(2) => Some(true),
        _ => None,
    };
    let form = match is_one_tile {
        Some(true) => Form::Tile(tile),
        Some(false) => Form::Tiles(tile),
        None => {
            return Err(reader.keys.refuse(
                "do_image_splitting",
                &Value::Bool(true),
                "images that fit in one tile have no global image, which no pipeline can decide; set do_resize = true, and a size \
                 above max_image_size",
            ));
        }
    };
    Ok(Parts {
        resize: resize.into(),
        crop: None,
        form,
    })
}

/// The side of a tile, `max_image_size`.
fn tile(reader: &mut Reader) -> Result<u32, ProcessorError> {
    let key = "max_image_size";
    let Some(value) = reader.keys.take(key) else {
        return Ok(364);
    };
    match edges(&reader.keys, key, &value, false, None, MAX_SIDE)? {
        Edges::Longest(side) => Ok(side),
        _ => Err(reader.keys.refuse(key, &value, "longest_edge alone")),
    }
}
