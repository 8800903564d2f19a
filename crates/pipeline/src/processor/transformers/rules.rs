//! What each type does that others do not.

use super::reader::{Reader, SizeValue};
use super::size::{Edges, MAX_SIDE, edges, rectangle};
use crate::processor::error::ProcessorError;
use crate::processor::steps::{Form, Resize, Size, Target};
use serde_json::Value;

/// The steps that differ from type to type.
pub(super) struct Parts {
    /// Left out where `do_resize` is off.
    pub(super) resize: Resize,
    pub(super) crop: Option<Size>,
    pub(super) form: Form,
}

/// `BaseImageProcessor`: resize, center crop, pad.
pub(super) fn plain(reader: &mut Reader) -> Result<Parts, ProcessorError> {
    let size = reader.square_size()?;
    let target = match size.edges {
        Edges::Shortest(side) => Target::ShortestEdge(side),
        Edges::ShortestLongest { shortest, longest } => {
            Target::ShortestEdgeWithin { shortest, longest }
        }
        Edges::Exact(size) => Target::Exact(size),
        Edges::Within(size) => Target::Within(size),
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

/// A size below 384 is the size of a crop from an image whose shortest edge is larger by `crop_pct`.
pub(super) fn convnext(reader: &mut Reader) -> Result<Parts, ProcessorError> {
    let size = reader.square_size()?;
    let Edges::Shortest(side) = size.edges else {
        return Err(reader.refuse_size(&size, "shortest_edge alone"));
    };
    let percent = reader.keys.factor("crop_pct")?.unwrap_or(224.0 / 256.0);
    let square = Size::square(side);
    let resize = if side >= 384 {
        Target::Exact(square).into()
    } else {
        let larger = f64::from(side) / percent;
        if !(1.0..=f64::from(MAX_SIDE)).contains(&larger) {
            let expected = format!("size / crop_pct is 1 to {MAX_SIDE}");
            return Err(reader.keys.refuse("crop_pct", &percent.into(), expected));
        }
        Resize {
            crop: Some(square),
            ..Target::ShortestEdge(larger as u32).into()
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

/// The rule of detection and segmentation.
fn within(reader: &Reader, size: &SizeValue) -> Result<Target, ProcessorError> {
    match size.edges {
        Edges::ShortestLongest { shortest, longest } => {
            Ok(Target::ShortestEdgeWithin { shortest, longest })
        }
        Edges::Exact(size) => Ok(Target::Exact(size)),
        Edges::Within(size) => Ok(Target::Within(size)),
        Edges::Shortest(_) | Edges::Longest(_) => Err(reader.refuse_size(
            size,
            "shortest_edge and longest_edge, height and width, or max_height and max_width",
        )),
    }
}

/// Resize within limits, and a mask of the padding.
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

/// As DETR, but both sides become multiples of `size_divisor`, and there is always a mask.
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

/// Resize by the longest edge, and padding to a square.
pub(super) fn sam(reader: &mut Reader) -> Result<Parts, ProcessorError> {
    let size = reader.square_size()?;
    let Edges::Longest(side) = size.edges else {
        return Err(reader.refuse_size(&size, "longest_edge alone"));
    };
    let crop = reader.crop()?;
    let (_, pad) = reader.pad(true)?;
    Ok(Parts {
        resize: Target::LongestEdge(side).into(),
        crop,
        form: Form::Image { pad, mask: false },
    })
}

/// Resize to a number of pixels, and patches. The edges of `size` are numbers of pixels.
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
        resize: Target::Pixels { multiple, min, max }.into(),
        crop: None,
        form: Form::Patches {
            patch,
            merge,
            temporal,
        },
    })
}

/// Tiles of the resized image, and the image in one tile.
pub(super) fn idefics3(reader: &mut Reader, resizes: bool) -> Result<Parts, ProcessorError> {
    let size = reader.square_size()?;
    let target = match size.edges {
        Edges::Longest(side) => Target::LongestEdgeEven(side),
        Edges::Exact(size) => Target::Exact(size),
        _ => return Err(reader.refuse_size(&size, "longest_edge alone, or height and width")),
    };
    let tile = tile(reader)?;
    let splits = reader.keys.flag("do_image_splitting", true)?;
    reader.no_crop()?;
    // All tiles have one size, so that padding changes nothing.
    reader.pad(true)?;
    let form = match (splits, resizes.then_some(target)) {
        (false, _) => Form::Tile(tile),
        (true, Some(Target::Exact(size))) if size.width.max(size.height) > tile => {
            Form::Tiles(tile)
        }
        (true, Some(Target::Exact(_))) => Form::Tile(tile),
        // The longest edge is exactly this long, up to 4096.
        (true, Some(Target::LongestEdgeEven(side))) if side.min(4096) > tile => Form::Tiles(tile),
        (true, Some(Target::LongestEdgeEven(side))) if side < tile || tile % 2 == 0 => {
            Form::Tile(tile)
        }
        (true, _) => {
            return Err(reader.keys.refuse(
                "do_image_splitting",
                &Value::Bool(true),
                "with this size the number of tiles depends on the image in a way that a pipeline does not have: images that fit in \
                 one tile have no global image; set do_resize = true and a size that is larger than max_image_size",
            ));
        }
    };
    Ok(Parts {
        resize: target.into(),
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
