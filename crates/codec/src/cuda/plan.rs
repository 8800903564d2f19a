//! What is known of a file before its data are decoded: its layout, checked against the limits.

use crate::cuda::layout::ImageLayout;
use crate::cuda::options::BatchOptions;
use crate::decode::extent::extent;
use crate::decode::turn::Turn;
use crate::error::DecodeError;
use crate::format::Format;
use pixelflume_jpeg::{Baseline, Header};

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
    let size = (frame.width(), frame.height());
    let decode = &options.decode;
    let turn = decode.orientation.turn(Turn::of_exif(header.orientation()));
    let rect = extent(Format::Jpeg, size, turn, decode)?;
    let colors = (decode.color.jpeg(), options.cmyk);
    let layout = ImageLayout::new(frame, header.color(), colors, turn, rect);
    let bytes = layout.coefficient_bytes() + layout.sample_bytes() + layout.pixels.bytes();
    let limit = decode.limits.max_bytes;
    if bytes > limit {
        return Err(DecodeError::TooManyBytes {
            format: Format::Jpeg,
            shape: layout.shape(),
            bytes,
            limit,
        });
    }
    Ok(layout)
}
