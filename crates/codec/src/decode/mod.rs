//! Decodes image files to 8-bit interleaved images. A format has one module here.

mod bmp;
pub(crate) mod channels;
mod header;
mod jpeg;
mod library;
pub(crate) mod orientation;
mod png;
mod pnm;

use crate::decode::header::{Decoder, Header};
use crate::decode::jpeg::JpegFile;
use crate::decode::library::Library;
use crate::decode::orientation::{Orientation, Turn};
use crate::decode::pnm::PnmFile;
use crate::error::DecodeError;
use crate::format::{Format, MAGIC_BYTES, describe_unknown};
use crate::limits::{HEADER_BYTES, JPEG_HEADER_BYTES, Limits};
use crate::source::Source;
use crate::source::bounded::Bounded;
use crate::source::regular;
use pixelflume_ops::ImageShape;
use pixelflume_pipeline::Image;
use std::fmt;
use std::io::{self, BufReader, Cursor, Read, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Decodes an image file in memory. Its format follows from its content.
///
/// # Errors
/// The content is no image of a known format, is damaged or cut off, or takes more than `limits`.
pub fn decode(
    bytes: &[u8],
    limits: &Limits,
    orientation: Orientation,
) -> Result<Image, DecodeError> {
    OpenImage::of_bytes(bytes, limits, orientation)?.decode()
}

/// Reads and decodes an image file. Only regular files are read: a pipe or a device could keep the reader waiting, or be read
/// without end.
///
/// # Errors
/// As [`decode`]; and where the file cannot be read.
pub fn read(path: &Path, limits: &Limits, orientation: Orientation) -> Result<Image, DecodeError> {
    OpenImage::of_file(path, limits, orientation)?.decode()
}

/// What an image takes, as its header says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Need {
    /// The shape of the decoded image: 8 bits, interleaved, 1, 3 or 4 channels, turned as its orientation says.
    pub shape: ImageShape,
    /// The most bytes of memory that decoding holds at one time, the image among them.
    pub bytes: u64,
}

/// An image file whose header is read, and whose size and memory are within limits.
///
/// ```
/// use pixelflume_codec::{Limits, OpenImage, Orientation};
/// use pixelflume_ops::ImageShape;
///
/// let file = b"P5 3 2 255\n\x01\x02\x03\x04\x05\x06";
/// let image = OpenImage::of_bytes(file, &Limits::default(), Orientation::Exif)?;
/// assert_eq!(image.need().shape, ImageShape::u8(3, 2, 1));
/// assert_eq!(image.decode()?.data(), [1, 2, 3, 4, 5, 6]);
/// # Ok::<(), pixelflume_codec::DecodeError>(())
/// ```
pub struct OpenImage<'a> {
    format: Format,
    decoder: Box<dyn Decoder + 'a>,
    turn: Turn,
    need: Need,
}

impl<'a> OpenImage<'a> {
    /// Reads the header of a file in memory.
    ///
    /// # Errors
    /// The content is no image of a known format, its header is damaged or cut off, or the image takes more than `limits`.
    pub fn of_bytes(
        bytes: &'a [u8],
        limits: &Limits,
        orientation: Orientation,
    ) -> Result<Self, DecodeError> {
        OpenImage::of_source(Cursor::new(bytes), bytes.len() as u64, limits, orientation)
    }

    /// Opens a file, which must be a regular file, and reads its header.
    ///
    /// # Errors
    /// As [`OpenImage::of_bytes`]; and where the file cannot be read.
    pub fn of_file(
        path: &Path,
        limits: &Limits,
        orientation: Orientation,
    ) -> Result<Self, DecodeError> {
        let (file, length) = regular::open(path).map_err(DecodeError::Read)?;
        OpenImage::of_source(BufReader::new(file), length, limits, orientation)
    }

    fn of_source(
        mut source: impl Source + 'a,
        length: u64,
        limits: &Limits,
        orientation: Orientation,
    ) -> Result<Self, DecodeError> {
        let begin = first_bytes(&mut source).map_err(DecodeError::Read)?;
        let format = Format::of_content(&begin).ok_or_else(|| DecodeError::Unknown {
            what: describe_unknown(&begin),
        })?;
        let (decoder, header) = guarded(format, || open(format, source, length, limits))?;
        let turn = match orientation {
            Orientation::Exif => header.turn,
            Orientation::Ignore => Turn::NoTransforms,
        };
        let need = need_of(&header, turn);
        if need.bytes > limits.max_bytes {
            return Err(DecodeError::TooManyBytes {
                format,
                shape: need.shape,
                bytes: need.bytes,
                limit: limits.max_bytes,
            });
        }
        Ok(OpenImage {
            format,
            decoder,
            turn,
            need,
        })
    }

    /// The format of the file.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The shape of the decoded image, and the memory that decoding takes.
    pub fn need(&self) -> Need {
        self.need
    }

    /// Decodes the pixels, and turns them as the orientation says.
    ///
    /// # Errors
    /// The file is damaged or cut off, or cannot be read.
    pub fn decode(self) -> Result<Image, DecodeError> {
        let OpenImage {
            format,
            decoder,
            turn,
            need,
        } = self;
        let image = guarded(format, || Ok(orientation::apply(decoder.decode()?, turn)))?;
        // A file may have several headers, of which the decoder takes another one.
        match image.shape() == need.shape {
            true => Ok(image),
            false => Err(DecodeError::Damaged {
                format,
                reason: format!(
                    "its header says {}, its pixels {}",
                    need.shape,
                    image.shape()
                ),
            }),
        }
    }
}

impl fmt::Debug for OpenImage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenImage({} {})", self.format, self.need.shape)
    }
}

/// The first bytes of a source, up to [`MAGIC_BYTES`]. The source is at its begin before and after.
fn first_bytes(source: &mut impl Source) -> io::Result<Vec<u8>> {
    let mut begin = Vec::with_capacity(MAGIC_BYTES);
    source.take(MAGIC_BYTES as u64).read_to_end(&mut begin)?;
    source.seek(SeekFrom::Start(0))?;
    Ok(begin)
}

/// Reads the header with the decoder of the format, and checks the size of the image.
fn open<'a>(
    format: Format,
    source: impl Source + 'a,
    length: u64,
    limits: &Limits,
) -> Result<(Box<dyn Decoder + 'a>, Header), DecodeError> {
    let limit = match format {
        Format::Jpeg => JPEG_HEADER_BYTES,
        Format::Png | Format::Bmp | Format::Pnm => HEADER_BYTES,
    };
    let (source, bound) = Bounded::new(source, limit);
    let opened = match format {
        Format::Png => png::open(source).map(|file| boxed(file, Library::header)),
        Format::Jpeg => jpeg::open(source, length).map(|file| boxed(file, JpegFile::header)),
        Format::Bmp => bmp::open(source).map(|file| boxed(file, Library::header)),
        Format::Pnm => pnm::open(source).map(|file| boxed(file, PnmFile::header)),
    };
    let opened = opened.map_err(|error| match bound.has_refused() {
        true => DecodeError::Header { format, limit },
        false => error,
    })?;
    check_size(format, &opened.1.shape, limits)?;
    bound.lift();
    Ok(opened)
}

fn boxed<'a, D: Decoder + 'a>(
    decoder: D,
    header: impl FnOnce(&D) -> Header,
) -> (Box<dyn Decoder + 'a>, Header) {
    let header = header(&decoder);
    (Box::new(decoder), header)
}

/// Refuses an image without pixels, and one of more pixels than the limit.
fn check_size(format: Format, shape: &ImageShape, limits: &Limits) -> Result<(), DecodeError> {
    let ImageShape { width, height, .. } = *shape;
    if width == 0 || height == 0 {
        return Err(DecodeError::Empty {
            format,
            width,
            height,
        });
    }
    if u64::from(width) * u64::from(height) > limits.max_pixels {
        return Err(DecodeError::TooManyPixels {
            format,
            width,
            height,
            limit: limits.max_pixels,
        });
    }
    Ok(())
}

/// What the image takes when it is turned: turning copies the decoded samples.
fn need_of(header: &Header, turn: Turn) -> Need {
    let ImageShape {
        width,
        height,
        channels,
        ..
    } = header.shape;
    let pixels = u64::from(width) * u64::from(height);
    let turning = match turn {
        Turn::NoTransforms => 0,
        _ => pixels.saturating_mul(2 * u64::from(channels)),
    };
    Need {
        shape: orientation::turned(header.shape, turn),
        bytes: header.bytes.max(turning),
    }
}

/// Runs a step of a decoder; a panic of it is an error of its file, and ends nothing else.
fn guarded<T>(
    format: Format,
    step: impl FnOnce() -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    // What the step leaves behind when it panics is dropped with it.
    catch_unwind(AssertUnwindSafe(step)).unwrap_or(Err(DecodeError::Panicked { format }))
}
