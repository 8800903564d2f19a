//! Decodes image files to 8-bit interleaved images. A format has one module here.

pub(crate) mod admission;
pub(crate) mod batch;
mod bmp;
pub(crate) mod channels;
pub(crate) mod extent;
pub(crate) mod file_header;
mod gif;
mod header;
mod jpeg;
mod library;
mod memory;
pub(crate) mod options;
pub(crate) mod orientation;
mod png;
mod pnm;
mod tiff;
pub(crate) mod turn;
mod webp;

use crate::decode::channels::with_channels;
use crate::decode::extent::{cut, extent};
use crate::decode::gif::GifFile;
use crate::decode::header::{Decoder, Header};
use crate::decode::jpeg::JpegFile;
use crate::decode::library::Library;
use crate::decode::options::DecodeOptions;
use crate::decode::pnm::PnmFile;
use crate::decode::tiff::TiffFile;
use crate::decode::turn::Turn;
use crate::decode::webp::WebpFile;
use crate::error::DecodeError;
use crate::format::{Format, MAGIC_BYTES, describe_unknown};
use crate::limits::HEADER_BYTES;
use crate::source::Source;
use crate::source::bounded::Bounded;
use crate::source::regular;
use pixelflume_jpeg::Rect;
use pixelflume_ops::{Image, ImageShape};
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// Decodes an image file in memory. Its format follows from its content.
///
/// # Errors
/// The content is no image of a known format, is damaged or cut off, or takes more than [`DecodeOptions::limits`].
pub fn decode(bytes: &[u8], options: &DecodeOptions) -> Result<Image, DecodeError> {
    OpenImage::of_bytes(bytes, options)?.decode()
}

/// Reads and decodes an image file. Only regular files are read: a pipe or a device could keep the reader waiting, or be read
/// without end.
///
/// # Errors
/// As [`decode`]; and where the file cannot be read.
pub fn read(path: &Path, options: &DecodeOptions) -> Result<Image, DecodeError> {
    OpenImage::of_file(path, options)?.decode()
}

/// Bytes of an image above which it is asked whether they are there.
const ASKED: u64 = 1 << 20;

/// Asks the system for memory, and gives it back: decoders take theirs in ways that end the program where there is none. With a limit of
/// addresses (`ulimit -v`) another thread may be given them in between.
fn is_there(bytes: u64) -> Result<(), DecodeError> {
    if bytes < ASKED {
        return Ok(());
    }
    let reserved = usize::try_from(bytes).is_ok_and(|bytes| {
        let mut memory: Vec<u8> = Vec::new();
        memory.try_reserve_exact(bytes).is_ok()
    });
    match reserved {
        true => Ok(()),
        false => Err(DecodeError::NoMemory { bytes }),
    }
}

/// What an image takes, as its header says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Need {
    /// The shape of the decoded image: 8 bits, interleaved, 1, 3 or 4 channels, cropped, turned and converted.
    pub shape: ImageShape,
    /// The most bytes of memory that decoding holds at one time, the image among them.
    pub bytes: u64,
}

/// An image file whose header is read, and whose size and memory are within limits.
///
/// ```
/// use pixelflume_codec::{DecodeOptions, OpenImage};
/// use pixelflume_ops::ImageShape;
///
/// let file = b"P5 3 2 255\n\x01\x02\x03\x04\x05\x06";
/// let image = OpenImage::of_bytes(file, &DecodeOptions::default())?;
/// assert_eq!(image.need().shape, ImageShape::u8(3, 2, 1));
/// assert_eq!(image.decode()?.data(), [1, 2, 3, 4, 5, 6]);
/// # Ok::<(), pixelflume_codec::DecodeError>(())
/// ```
pub struct OpenImage<'a> {
    format: Format,
    decoder: Box<dyn Decoder + 'a>,
    header: Header,
    /// The part of the stored image that is decoded.
    rect: Rect,
    turn: Turn,
    need: Need,
}

impl<'a> OpenImage<'a> {
    /// Reads the header of a file in memory.
    ///
    /// # Errors
    /// The content is no image of a known format, its header is damaged or cut off, or the image takes more than [`DecodeOptions::limits`].
    pub fn of_bytes(bytes: &'a [u8], options: &DecodeOptions) -> Result<Self, DecodeError> {
        OpenImage::of_header(bytes, None, options)
    }

    /// Takes a file in memory whose header was read, if it is a JPEG file; reads it otherwise.
    pub(crate) fn of_header(
        bytes: &'a [u8],
        header: Option<pixelflume_jpeg::Header>,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        let format = match header {
            Some(_) => Format::Jpeg,
            None => format_of(&bytes[..bytes.len().min(MAGIC_BYTES)])?,
        };
        let opened = guarded(format, || match format {
            Format::Jpeg => {
                let file = JpegFile::of_bytes(bytes, header, options)?;
                Ok(boxed(file, JpegFile::header))
            }
            _ => open(format, Cursor::new(bytes)),
        });
        OpenImage::new(format, opened?, options)
    }

    /// Opens a file, which must be a regular file, and reads its header.
    ///
    /// # Errors
    /// As [`OpenImage::of_bytes`]; and where the file cannot be read.
    pub fn of_file(path: &Path, options: &DecodeOptions) -> Result<Self, DecodeError> {
        let (mut file, length) = regular::open(path).map_err(DecodeError::Read)?;
        let begin = first_bytes(&mut file).map_err(DecodeError::Read)?;
        let format = format_of(&begin)?;
        let opened = guarded(format, || match format {
            Format::Jpeg => {
                let file = JpegFile::of_file(file, length, options)?;
                Ok(boxed(file, JpegFile::header))
            }
            _ => open(format, BufReader::new(file)),
        });
        OpenImage::new(format, opened?, options)
    }

    fn new(
        format: Format,
        (decoder, header): Opened<'a>,
        options: &DecodeOptions,
    ) -> Result<Self, DecodeError> {
        let limits = &options.limits;
        let ImageShape {
            width,
            height,
            channels,
            ..
        } = header.shape;
        let turn = options.orientation.turn(header.turn);
        let rect = extent(format, (width, height), turn, options)?;
        let need = need_of(&header, rect, turn, options.color.channels(channels));
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
            header,
            rect,
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
            header,
            rect,
            turn,
            need,
        } = self;
        is_there(need.bytes)?;
        let image = guarded(format, || decoder.decode())?;
        // A file may have several headers, of which the decoder takes another one.
        let said = match header.crops {
            true => ImageShape::u8(rect.width, rect.height, header.shape.channels),
            false => header.shape,
        };
        if image.shape() != said {
            return Err(DecodeError::Damaged {
                format,
                reason: format!("its header says {said}, its pixels {}", image.shape()),
            });
        }
        let image = turn.apply(match header.crops {
            true => image,
            false => cut(image, rect),
        });
        let image = with_channels(image, need.shape.channels);
        Ok(image.expect("decoded images have 1, 3 or 4 channels"))
    }
}

impl fmt::Debug for OpenImage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenImage({} {})", self.format, self.need.shape)
    }
}

/// A file whose header is read, and what that says.
type Opened<'a> = (Box<dyn Decoder + 'a>, Header);

/// The format of a file that begins with these bytes.
fn format_of(begin: &[u8]) -> Result<Format, DecodeError> {
    Format::of_content(begin).ok_or_else(|| DecodeError::Unknown {
        what: describe_unknown(begin),
    })
}

/// The first bytes of a file, up to [`MAGIC_BYTES`]. The file is at its begin before and after.
fn first_bytes(file: &mut File) -> io::Result<Vec<u8>> {
    let mut begin = Vec::with_capacity(MAGIC_BYTES);
    file.take(MAGIC_BYTES as u64).read_to_end(&mut begin)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(begin)
}

/// Reads the header of a file of another format than JPEG.
fn open<'a>(format: Format, source: impl Source + 'a) -> Result<Opened<'a>, DecodeError> {
    let (source, bound) = Bounded::new(source, HEADER_BYTES);
    let opened = match format {
        Format::Png => png::open(source).map(|file| boxed(file, Library::header)),
        Format::Bmp => bmp::open(source).map(|file| boxed(file, Library::header)),
        Format::Pnm => pnm::open(source).map(|file| boxed(file, PnmFile::header)),
        Format::Gif => gif::open(source).map(|file| boxed(file, GifFile::header)),
        Format::Tiff => tiff::open(source).map(|file| boxed(file, TiffFile::header)),
        Format::WebP => webp::open(source).map(|file| boxed(file, WebpFile::header)),
        Format::Jpeg => unreachable!("a JPEG file has its own decoder"),
    };
    let opened = opened.map_err(|error| match bound.has_refused() {
        true => DecodeError::Header {
            format,
            limit: HEADER_BYTES,
        },
        false => error,
    })?;
    bound.lift();
    Ok(opened)
}

fn boxed<'a, D: Decoder + 'a>(decoder: D, header: impl FnOnce(&D) -> Header) -> Opened<'a> {
    let header = header(&decoder);
    (Box::new(decoder), header)
}

/// What the image takes when it is cut and turned, each of which copies the decoded samples, and then converted, which makes at most
/// two copies.
fn need_of(header: &Header, rect: Rect, turn: Turn, wanted: u32) -> Need {
    let ImageShape {
        width,
        height,
        channels,
        ..
    } = header.shape;
    let bytes = |width: u32, height: u32, channels: u32| {
        (u64::from(width) * u64::from(height)).saturating_mul(channels.into())
    };
    let (whole, part) = (
        bytes(width, height, channels),
        bytes(rect.width, rect.height, channels),
    );
    let cutting = match header.crops || whole == part {
        true => 0,
        false => whole.saturating_add(part),
    };
    let turning = match turn == Turn::NONE {
        true => 0,
        false => part.saturating_mul(2),
    };
    let converting = match wanted == channels {
        true => 0,
        false => bytes(rect.width, rect.height, channels.max(3) + wanted),
    };
    let shape = turn.shape(ImageShape::u8(rect.width, rect.height, wanted));
    let beside = cutting.max(turning).max(converting);
    Need {
        shape,
        bytes: header.bytes.max(beside),
    }
}

/// Runs a step of a decoder; a panic of it is an error of its file, and ends nothing else.
pub(crate) fn guarded<T>(
    format: Format,
    step: impl FnOnce() -> Result<T, DecodeError>,
) -> Result<T, DecodeError> {
    // What the step leaves behind when it panics is dropped with it.
    catch_unwind(AssertUnwindSafe(step)).unwrap_or(Err(DecodeError::Panicked { format }))
}
