//! Decodes image files to 8-bit interleaved pixels.

mod bounded;
mod jpeg;
mod pnm;

use self::bounded::Bounded;
use self::jpeg::Jpeg;
use crate::container::header::check_size;
use crate::limits::{DECODER, HEADER, Limits};
use crate::regular;
use image::codecs::jpeg::JpegDecoder;
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader};
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::Image;
use std::fs::File;
use std::io::{BufReader, Cursor};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// The result of reading a header: the shape of an image and the memory that decoding it needs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Need {
    /// The shape of the decoded image, before its EXIF orientation turns it.
    pub(crate) shape: ImageShape,
    /// The most bytes of memory that decoding holds at one time.
    pub(crate) bytes: u64,
}

/// Decodes images that are processed together. The format of each follows from its content, or from its extension where the
/// content does not tell.
///
/// Channels are kept (gray 1, RGB 3, RGBA 4), and gray with alpha becomes RGBA. Samples of 16 bits become 8 bits by `round(v /
/// 257)`. The pixels are turned by the EXIF orientation. Color profiles are ignored. An image of more than `limits.max_pixels`
/// pixels is refused. A truncated file is an error.
///
/// `admit` is called with the memory that the images need, before it is allocated; its result is returned with the images.
/// Errors name the file where there are several.
pub(crate) fn decode<P>(
    paths: &[PathBuf],
    limits: &Limits,
    admit: impl FnOnce(&[Need]) -> Result<P, String>,
) -> Result<(Vec<Image>, P), String> {
    // Image files are untrusted. A panic of a decoder must not end the run over all other images.
    catch_unwind(AssertUnwindSafe(|| decode_unguarded(paths, limits, admit)))
        .unwrap_or_else(|_| Err("the decoder broke down over this file".to_owned()))
}

fn decode_unguarded<P>(
    paths: &[PathBuf],
    limits: &Limits,
    admit: impl FnOnce(&[Need]) -> Result<P, String>,
) -> Result<(Vec<Image>, P), String> {
    let named = |path: &Path, error: String| match paths.len() {
        1 => error,
        _ => format!("{}: {error}", path.display()),
    };
    // All files are opened before any is decoded, so that memory is requested once: a decoder that waits for more while it
    // holds some could wait forever.
    let open = |path: &PathBuf| open(path, limits).map_err(|error| named(path, error));
    let opened = paths.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let needs: Vec<Need> = opened.iter().map(|(_, need)| *need).collect();
    let permit = admit(&needs)?;
    let images = opened.into_iter().zip(paths).map(|((opened, need), path)| {
        let image = opened.finish(&need);
        image.map_err(|error| named(path, error))
    });
    Ok((images.collect::<Result<_, _>>()?, permit))
}

/// An image whose header is read.
enum Opened {
    /// The whole file is read before it is decoded.
    Jpeg(Jpeg<BufReader<File>>),
    Other {
        decoder: Box<dyn ImageDecoder>,
        orientation: Orientation,
        /// The maximum of a PNM text file whose samples are stretched to 0..=255.
        text_maximum: Option<u8>,
    },
}

/// Opens a file and reads its header.
fn open(path: &Path, limits: &Limits) -> Result<(Opened, Need), String> {
    let (file, length) = regular::open(path).map_err(|error| error.to_string())?;
    let (source, bound) = Bounded::new(BufReader::new(file), HEADER);
    let (opened, need) = open_source(source, length, path).map_err(|error| {
        if bound.has_refused() {
            format!("its header is longer than {HEADER} bytes")
        } else {
            error
        }
    })?;
    let ImageShape { width, height, .. } = need.shape;
    check_size(width, height, limits.max_pixels).map_err(|error| error.to_string())?;
    bound.lift();
    Ok((opened, need))
}

/// Reads the header of an open file of `length` bytes.
fn open_source(
    source: Bounded<BufReader<File>>,
    length: u64,
    path: &Path,
) -> Result<(Opened, Need), String> {
    let mut reader = ImageReader::new(source);
    if let Ok(format) = ImageFormat::from_path(path) {
        reader.set_format(format);
    }
    let mut reader = reader
        .with_guessed_format()
        .map_err(|error| error.to_string())?;
    Ok(match reader.format() {
        Some(ImageFormat::Jpeg) => {
            let source = reader.into_inner().into_inner();
            let jpeg = Jpeg::open(source, length).map_err(|error| error.to_string())?;
            let need = jpeg_need(&jpeg);
            (Opened::Jpeg(jpeg), need)
        }
        Some(ImageFormat::Pnm) => {
            let pnm = pnm::open(reader.into_inner()).map_err(text)?;
            let orientation = Orientation::NoTransforms;
            let need = need_of(&pnm.decoder, orientation);
            let opened = Opened::Other {
                decoder: Box::new(pnm.decoder),
                orientation,
                text_maximum: pnm.text_maximum,
            };
            (opened, need)
        }
        _ => {
            // A limit on the decoder's own memory; its pixels are counted below.
            let mut own = image::Limits::no_limits();
            own.max_alloc = Some(DECODER);
            reader.limits(own);
            let mut decoder = reader.into_decoder().map_err(text)?;
            // An orientation that cannot be read is ignored.
            let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
            let need = need_of(&decoder, orientation);
            let opened = Opened::Other {
                decoder: Box::new(decoder),
                orientation,
                text_maximum: None,
            };
            (opened, need)
        }
    })
}

/// The memory for an image whose decoder writes each sample once.
fn need_of(decoder: &impl ImageDecoder, orientation: Orientation) -> Need {
    let (width, height) = match orientation {
        Orientation::Rotate90
        | Orientation::Rotate270
        | Orientation::Rotate90FlipH
        | Orientation::Rotate270FlipH => {
            let (width, height) = decoder.dimensions();
            (height, width)
        }
        _ => decoder.dimensions(),
    };
    let color = decoder.color_type();
    let channels = channels_of(color);
    let pixels = u64::from(width) * u64::from(height);
    let decoded = decoder.total_bytes();
    let turned = match orientation {
        Orientation::NoTransforms => 0,
        _ => decoded,
    };
    let converted = match color {
        ColorType::L8 | ColorType::Rgb8 | ColorType::Rgba8 => 0,
        _ => pixels.saturating_mul(channels.into()),
    };
    Need {
        shape: ImageShape::u8(width, height, channels),
        bytes: decoded.saturating_add(turned.max(converted)),
    }
}

/// The memory for a JPEG image: the larger of twice its file, while the bytes are handed to the decoder, and once its file with
/// twice its pixels (they may have to be turned) and, for a progressive image, two bytes of coefficient per sample.
fn jpeg_need(jpeg: &Jpeg<BufReader<File>>) -> Need {
    let channels = if jpeg.components == 1 { 1 } else { 3 };
    let pixels = u64::from(jpeg.width) * u64::from(jpeg.height);
    let samples = 2 * u64::from(channels) + 2 * u64::from(jpeg.components);
    Need {
        shape: ImageShape::u8(jpeg.width, jpeg.height, channels),
        bytes: (pixels * samples).max(jpeg.most as u64) + jpeg.most as u64,
    }
}

fn text(error: ImageError) -> String {
    match error {
        ImageError::Limits(_) => {
            format!("its decoder takes more than {DECODER} bytes beside its pixels")
        }
        error => error.to_string(),
    }
}

impl Opened {
    /// Decodes the pixels.
    fn finish(self, need: &Need) -> Result<Image, String> {
        match self {
            Opened::Jpeg(jpeg) => {
                let bytes = jpeg.read().map_err(|error| error.to_string())?;
                let mut decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(text)?;
                // PNM files may have several headers: the first one was checked, and the decoder may use another one.
                if decoder.dimensions() != (need.shape.width, need.shape.height) {
                    return Err("the JPEG file says two sizes of its image".to_owned());
                }
                let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
                pixels(decoder, orientation, None)
            }
            Opened::Other {
                mut decoder,
                orientation,
                text_maximum,
            } => {
                let mut limits = image::Limits::no_limits();
                limits.max_alloc = Some(need.bytes.saturating_add(DECODER));
                decoder.set_limits(limits).map_err(text)?;
                pixels(decoder, orientation, text_maximum)
            }
        }
    }
}

fn pixels(
    decoder: impl ImageDecoder,
    orientation: Orientation,
    text_maximum: Option<u8>,
) -> Result<Image, String> {
    let mut decoded = DynamicImage::from_decoder(decoder).map_err(text)?;
    decoded.apply_orientation(orientation);
    let (width, height) = (decoded.width(), decoded.height());
    let shape = ImageShape::u8(width, height, channels_of(decoded.color()));
    let mut data = to_bytes(decoded);
    if let Some(maximum) = text_maximum {
        pnm::stretch(&mut data, maximum);
    }
    Image::new(shape, data).map_err(|error| error.to_string())
}

/// The number of channels of the decoded image.
fn channels_of(color: ColorType) -> u32 {
    match color {
        ColorType::L8 | ColorType::L16 => 1,
        color if color.has_alpha() => 4,
        _ => 3,
    }
}

/// Converts the samples to 8 bits.
fn to_bytes(image: DynamicImage) -> Vec<u8> {
    match channels_of(image.color()) {
        1 => image.into_luma8().into_raw(),
        4 => image.into_rgba8().into_raw(),
        _ => image.into_rgb8().into_raw(),
    }
}

#[cfg(test)]
#[path = "decode_tests.rs"]
mod tests;
