//! What is known of a file before its data are decoded: its layout, checked against the limits.

use crate::cuda::layout::ImageLayout;
use crate::cuda::options::BatchOptions;
use crate::cuda::turn::Turn;
use crate::decode::orientation::Orientation;
use crate::error::DecodeError;
use crate::format::Format;
use pixelflume_jpeg::{Baseline, Header, JpegError, Rect};

/// A file that can be decoded as far as its header tells.
pub(crate) struct Planned {
    pub(crate) layout: ImageLayout,
    /// What the GPU needs of an ordinary file; `None` for a file whose entropy-coded data the CPU decodes.
    pub(crate) baseline: Option<Baseline>,
}

/// Reads the header of a file, and holds it against the limits.
pub(crate) fn plan(file: &[u8], options: &BatchOptions) -> Result<Planned, DecodeError> {
    let baseline = Baseline::of(file);
    let header = match &baseline {
        Some(baseline) => baseline.header,
        None => Header::read(file).map_err(DecodeError::Jpeg)?,
    };
    let layout = layout(&header, options)?;
    Ok(Planned { layout, baseline })
}

/// The layout of the image of a file, within the limits.
fn layout(header: &Header, options: &BatchOptions) -> Result<ImageLayout, DecodeError> {
    let frame = header.frame();
    let (width, height) = (frame.width(), frame.height());
    let format = Format::Jpeg;
    let pixels = u64::from(width) * u64::from(height);
    if pixels > options.limits.max_pixels {
        return Err(DecodeError::TooManyPixels {
            format,
            width,
            height,
            limit: options.limits.max_pixels,
        });
    }
    let rect = crop(options.decode.crop, width, height).map_err(DecodeError::Jpeg)?;
    let turn = match options.orientation {
        Orientation::Exif => Turn::of_exif(header.orientation()),
        Orientation::Ignore => Turn::of_exif(1),
    };
    let colors = (options.decode.color, options.decode.cmyk);
    let layout = ImageLayout::new(frame, header.color(), colors, turn, rect);
    let bytes = layout.coefficient_bytes() + layout.sample_bytes() + layout.pixels.bytes();
    if bytes > options.limits.max_bytes {
        return Err(DecodeError::TooManyBytes {
            format,
            shape: layout.shape(),
            bytes,
            limit: options.limits.max_bytes,
        });
    }
    Ok(layout)
}

/// The rectangle to make of an image of this size: the crop, or all of it.
fn crop(crop: Option<Rect>, width: u32, height: u32) -> Result<Rect, JpegError> {
    let Some(rect) = crop else {
        return Ok(Rect {
            x: 0,
            y: 0,
            width,
            height,
        });
    };
    let inside = |from: u32, count: u32, size: u32| {
        count > 0 && from.checked_add(count).is_some_and(|end| end <= size)
    };
    match inside(rect.x, rect.width, width) && inside(rect.y, rect.height, height) {
        true => Ok(rect),
        false => Err(JpegError::Crop {
            x: rect.x,
            y: rect.y,
            width: rect.width,
            height: rect.height,
            image_width: width,
            image_height: height,
        }),
    }
}
