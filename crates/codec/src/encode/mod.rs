//! Encodes 8-bit images to image files. A format has one module here.

mod bmp;
mod jpeg;
mod png;
mod pnm;
pub(crate) mod write;

use crate::error::{EncodeError, reason};
use crate::format::Format;
use image::ExtendedColorType;
use pixelflume_ops::{ImageShape, Layout, SampleType};
use pixelflume_pipeline::ImageView;
use std::borrow::Cow;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The quality of JPEG files where none is given.
pub const DEFAULT_QUALITY: u8 = 95;

/// Encodes an image: interleaved, 8 bits, with 1 channel (gray), 3 (RGB) or 4 (RGBA; not JPEG).
///
/// `quality` is for JPEG alone: 1 to 100, [`DEFAULT_QUALITY`] without one. The other formats keep every sample.
///
/// # Errors
/// The format cannot hold the image, or the quality is wrong.
pub fn encode(
    image: ImageView<'_>,
    format: Format,
    quality: Option<u8>,
) -> Result<Vec<u8>, EncodeError> {
    let mut file = Vec::new();
    encode_to(image, format, quality, &mut file)?;
    Ok(file)
}

/// Encodes an image as [`encode`] does, and writes it to `target` piece by piece; `target` should have a buffer.
///
/// # Errors
/// As [`encode`]; and where `target` cannot be written.
pub fn encode_to(
    image: ImageView<'_>,
    format: Format,
    quality: Option<u8>,
    target: &mut dyn Write,
) -> Result<(), EncodeError> {
    let shape = image.shape();
    let quality = check_quality(format, quality)?;
    let samples = Samples {
        color: color_of(&shape, format)?,
        width: shape.width,
        height: shape.height,
        bytes: match image.contiguous() {
            Some(bytes) => Cow::Borrowed(bytes),
            None => Cow::Owned(image.to_image().into_data()),
        },
    };
    let encode = || match format {
        Format::Png => png::encode(&samples, target),
        Format::Jpeg => jpeg::encode(&samples, quality, target),
        Format::Bmp => bmp::encode(&samples, target),
        Format::Pnm => pnm::encode(&samples, target),
    };
    // What an encoder leaves behind when it panics is dropped with it.
    let encoded = catch_unwind(AssertUnwindSafe(encode))
        .map_err(|_| EncodeError::Panicked { format, shape })?;
    encoded.map_err(|error| EncodeError::Encoder {
        format,
        reason: reason(&error),
    })
}

/// Refuses a shape that a format cannot hold. [`encode`] checks this itself; a program that computes for long before it encodes
/// asks early.
///
/// # Errors
/// The shape is not interleaved 8-bit with 1, 3 or 4 channels; for JPEG, it has 4 channels or a side of more than 65,535 pixels.
pub fn check_shape(shape: &ImageShape, format: Format) -> Result<(), EncodeError> {
    color_of(shape, format).map(|_| ())
}

/// The pixels of an image without padding, as encoders take them.
struct Samples<'a> {
    color: ExtendedColorType,
    width: u32,
    height: u32,
    bytes: Cow<'a, [u8]>,
}

/// The longest side of a JPEG image: its header has 16 bits for each.
const JPEG_SIDE: u32 = u16::MAX as u32;

fn color_of(shape: &ImageShape, format: Format) -> Result<ExtendedColorType, EncodeError> {
    let refused = |advice| {
        Err(EncodeError::Shape {
            format,
            shape: *shape,
            advice,
        })
    };
    if shape.sample != SampleType::U8 {
        return refused(
            "it has samples of 8 bits; convert them, for example by the operator to_u8",
        );
    }
    if shape.layout == Layout::Planar && shape.channels > 1 {
        return refused("it has interleaved channels; bring them behind their pixels (HWC)");
    }
    let color = match shape.channels {
        1 => ExtendedColorType::L8,
        3 => ExtendedColorType::Rgb8,
        4 => ExtendedColorType::Rgba8,
        _ => return refused("it has 1, 3 or 4 channels"),
    };
    match format {
        Format::Jpeg if color == ExtendedColorType::Rgba8 => refused(
            "JPEG has no transparency; take PNG, or drop the alpha channel by the operator color with rgba_to_rgb",
        ),
        Format::Jpeg if shape.width > JPEG_SIDE || shape.height > JPEG_SIDE => {
            refused("a JPEG image has at most 65535 columns and rows; take PNG")
        }
        _ => Ok(color),
    }
}

fn check_quality(format: Format, quality: Option<u8>) -> Result<u8, EncodeError> {
    match (format, quality) {
        (_, None) => Ok(DEFAULT_QUALITY),
        (Format::Jpeg, Some(quality @ 1..=100)) => Ok(quality),
        (Format::Jpeg, Some(quality)) => Err(EncodeError::Quality { quality }),
        (format, Some(_)) => Err(EncodeError::NoQuality { format }),
    }
}
