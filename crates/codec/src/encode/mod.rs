//! Encodes 8-bit images to image files. A format has one module here.

mod bmp;
mod jpeg;
pub(crate) mod options;
mod png;
mod pnm;
pub(crate) mod write;

use crate::encode::options::EncodeOptions;
use crate::error::{EncodeError, reason};
use crate::format::Format;
use image::ExtendedColorType;
use pixelflume_jpeg::MAX_SIDE;
use pixelflume_ops::ImageView;
use pixelflume_ops::{ImageShape, Layout, SampleType};
use std::borrow::Cow;
use std::error::Error;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Encodes an image: interleaved, 8 bits, with 1 channel (gray), 3 (RGB) or 4 (RGBA; not JPEG).
///
/// A JPEG file is, byte for byte, the one that libjpeg-turbo writes for the same pixels and options, as OpenCV 5 and Pillow 12 and
/// 13 do. The other formats keep every sample.
///
/// # Errors
/// The format cannot hold the image, or an option is wrong or not one of the format.
pub fn encode(
    image: ImageView<'_>,
    format: Format,
    options: &EncodeOptions,
) -> Result<Vec<u8>, EncodeError> {
    let mut file = Vec::new();
    encode_to(image, format, options, &mut file)?;
    Ok(file)
}

/// Encodes an image as [`encode`] does, and writes it to `target` piece by piece; `target` should have a buffer.
///
/// # Errors
/// As [`encode`]; and where `target` cannot be written.
pub fn encode_to(
    image: ImageView<'_>,
    format: Format,
    options: &EncodeOptions,
    target: &mut dyn Write,
) -> Result<(), EncodeError> {
    let shape = image.shape();
    let options = options.checked(format)?;
    let samples = Samples {
        color: color_of(&shape, format)?,
        width: shape.width,
        height: shape.height,
        bytes: match image.contiguous() {
            Some(bytes) => Cow::Borrowed(bytes),
            None => Cow::Owned(image.to_image().into_data()),
        },
    };
    let failed = |error: &dyn Error| EncodeError::Encoder {
        format,
        reason: reason(error),
    };
    let encode = || match format {
        Format::Png => png::encode(&samples, target).map_err(|error| failed(&error)),
        Format::Jpeg => jpeg::encode(&samples, &options, target).map_err(|error| failed(&error)),
        Format::Bmp => bmp::encode(&samples, target).map_err(|error| failed(&error)),
        Format::Pnm => pnm::encode(&samples, target).map_err(|error| failed(&error)),
        Format::Gif | Format::Tiff | Format::WebP => Err(EncodeError::ReadOnly { format }),
    };
    // What an encoder leaves behind when it panics is dropped with it.
    catch_unwind(AssertUnwindSafe(encode)).unwrap_or(Err(EncodeError::Panicked { format, shape }))
}

/// Refuses a shape that a format cannot hold. [`encode`] checks this itself; a program that computes for long before it encodes
/// asks early.
///
/// # Errors
/// The format is read only; the shape is not interleaved 8-bit with 1, 3 or 4 channels; for JPEG, it has 4 channels or a side of more than 65,500 pixels.
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

fn color_of(shape: &ImageShape, format: Format) -> Result<ExtendedColorType, EncodeError> {
    if !format.is_written() {
        return Err(EncodeError::ReadOnly { format });
    }
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
        Format::Jpeg if shape.width > MAX_SIDE || shape.height > MAX_SIDE => {
            refused("a JPEG image has at most 65500 columns and rows; take PNG")
        }
        _ => Ok(color),
    }
}
