//! What is known of a file before its data are decoded: its layout, checked against the limits.

use crate::cuda::layout::ImageLayout;
use crate::cuda::options::BatchOptions;
use crate::decode::extent::extent;
use crate::decode::file_header::FileHeader;
use crate::decode::turn::Turn;
use crate::error::DecodeError;
use crate::format::Format;
use pixelflume_jpeg::{Baseline, JpegError};

/// A file that can be decoded as far as its header tells.
pub(crate) struct Planned<'a> {
    pub(crate) file: &'a [u8],
    pub(crate) layout: ImageLayout,
    /// What the GPU needs of an ordinary file, and the bytes of the file up to the end of its data; `None` for a file whose entropy-coded
    /// data the CPU decodes.
    pub(crate) for_device: Option<(&'a Baseline, &'a [u8])>,
}

/// Holds the header of a file against the limits.
pub(crate) fn plan<'a>(
    file: &'a [u8],
    header: &'a FileHeader,
    options: &BatchOptions,
) -> Result<Planned<'a>, DecodeError> {
    let layout = layout(header, options)?;
    let baseline = header.baseline.as_deref();
    let for_device = baseline.and_then(|baseline| Some((baseline, file.get(..baseline.data.end)?)));
    Ok(Planned {
        file,
        layout,
        for_device,
    })
}

/// The layout of the image of a file, within the limits.
pub(crate) fn layout(
    header: &FileHeader,
    options: &BatchOptions,
) -> Result<ImageLayout, DecodeError> {
    let Some(header) = &header.jpeg else {
        return Err(DecodeError::Jpeg(JpegError::NotJpeg));
    };
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
