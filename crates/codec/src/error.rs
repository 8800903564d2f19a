//! Why a file cannot be decoded, or an image cannot be encoded.

use crate::format::Format;
use pixelflume_jpeg::{JpegError, Rect};
use pixelflume_ops::ImageShape;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// The reason why an image file cannot be decoded. The text does not name the file: its caller knows what it is called.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The file cannot be opened or read, or is no regular file.
    #[error("{0}")]
    Read(#[source] io::Error),
    /// The system refuses the memory that decoding takes.
    #[error("there is no memory for the {bytes} bytes that decoding takes")]
    NoMemory {
        /// Bytes that were asked for.
        bytes: u64,
    },
    /// The content is of none of the formats.
    #[error("no image of a known format: {what}; PNG, JPEG, BMP, PNM, GIF, TIFF and WebP are read")]
    Unknown {
        /// What the content is, as far as its first bytes tell.
        what: String,
    },
    /// The header is longer than any image needs.
    #[error("its header is longer than {limit} bytes")]
    Header {
        /// Format of the file.
        format: Format,
        /// The most bytes of a header.
        limit: usize,
    },
    /// The header says a width or height of 0.
    #[error("a size of {width}x{height} has no pixels")]
    Empty {
        /// Format of the file.
        format: Format,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// The image has more pixels than [`Limits::max_pixels`](crate::Limits::max_pixels).
    #[error(
        "{width}x{height} is more than {limit} pixels; raise max_pixels if the source is to be trusted"
    )]
    TooManyPixels {
        /// Format of the file.
        format: Format,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// The most pixels.
        limit: u64,
    },
    /// Decoding takes more memory than [`Limits::max_bytes`](crate::Limits::max_bytes).
    #[error(
        "decoding {shape} takes {bytes} bytes of memory, and may take {limit}; raise max_bytes if the source is to be trusted"
    )]
    TooManyBytes {
        /// Format of the file.
        format: Format,
        /// Shape of the decoded image.
        shape: ImageShape,
        /// Bytes that decoding takes.
        bytes: u64,
        /// The most bytes.
        limit: u64,
    },
    /// The image is not decoded since it does not fit into its batch beside the images before it
    /// ([`Limits::max_batch_bytes`](crate::Limits::max_batch_bytes)).
    #[error(
        "its image of {shape} takes {bytes} bytes, the images before it in its batch take {used}, decoding one of them takes up to {beside} beside, and a batch may take {limit}; decode fewer files together, or raise max_batch_bytes"
    )]
    BatchFull {
        /// Shape of the decoded image.
        shape: ImageShape,
        /// Bytes of the decoded image.
        bytes: u64,
        /// The most bytes that decoding takes beside an image, of this one and those before it.
        beside: u64,
        /// Bytes of the images before it.
        used: u64,
        /// The most bytes of a batch.
        limit: u64,
    },
    /// The file was exchanged or written after its header was read, and now needs more memory than its batch has for it.
    #[error(
        "the file changed since its header was read: it was an image of {before}, which takes {admitted} bytes of memory, and is one of {shape}, which takes {bytes}; decode it again when nobody writes to it"
    )]
    Changed {
        /// Shape of the image that is there now.
        shape: ImageShape,
        /// Bytes that decoding it takes.
        bytes: u64,
        /// Shape of the image that was there.
        before: ImageShape,
        /// Bytes that decoding that one takes.
        admitted: u64,
    },
    /// The crop is not inside of the image.
    #[error(
        "the crop of {}x{} pixels at ({}, {}) is not inside of the image, which has {width}x{height}",
        crop.width, crop.height, crop.x, crop.y
    )]
    Crop {
        /// Format of the file.
        format: Format,
        /// The crop, in pixels of the image.
        crop: Rect,
        /// Width of the image, turned as the options say, in pixels.
        width: u32,
        /// Height of the image.
        height: u32,
    },
    /// The file itself is longer than [`Limits::max_bytes`](crate::Limits::max_bytes).
    #[error(
        "the {format} file has {bytes} bytes, and may have {limit}; raise max_bytes if the source is to be trusted"
    )]
    TooLong {
        /// Format of the file.
        format: Format,
        /// Bytes of the file.
        bytes: u64,
        /// The most bytes.
        limit: u64,
    },
    /// The decoder takes more memory beside its pixels than any image needs.
    #[error("its decoder takes more than {limit} bytes beside its pixels")]
    DecoderMemory {
        /// Format of the file.
        format: Format,
        /// The most bytes.
        limit: u64,
    },
    /// The JPEG file is cut off, damaged, or of a kind that is not decoded; with the place in the file.
    #[error("the JPEG file cannot be decoded: {0}")]
    Jpeg(#[source] JpegError),
    /// The file ends before its image does.
    #[error("the {format} file ends before its image does; it was cut off, get it again")]
    Truncated {
        /// Format of the file.
        format: Format,
    },
    /// The content is not what its format demands, or uses a part of the format that is not read.
    #[error("the {format} file cannot be decoded: {reason}")]
    Damaged {
        /// Format of the file.
        format: Format,
        /// What is wrong, in the words of the decoder; at most 200 characters.
        reason: String,
    },
    /// The decoder panicked: the file is one that its author did not think of.
    #[error("the {format} decoder broke down over this file")]
    Panicked {
        /// Format of the file.
        format: Format,
    },
}

/// The reason why an image cannot be encoded or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The format cannot hold an image of this shape.
    #[error("{format} cannot hold an image of {shape}: {advice}")]
    Shape {
        /// Format of the file.
        format: Format,
        /// Shape of the image.
        shape: ImageShape,
        /// What the format holds, and what to do.
        advice: &'static str,
    },
    /// The format is read and not written.
    #[error("{format} is read and not written; take PNG")]
    ReadOnly {
        /// The format.
        format: Format,
    },
    /// The quality is not from 1 to 100.
    #[error("quality {quality} is not from 1 to 100")]
    Quality {
        /// The quality that was given.
        quality: u8,
    },
    /// An option was given for a format that keeps every sample and has none.
    #[error(
        "{format} keeps every sample and has no {option}; leave the {option} out, or take JPEG"
    )]
    NoOption {
        /// Format of the file.
        format: Format,
        /// The name of the option, for example `quality`.
        option: &'static str,
    },
    /// The extension of a path is that of no format.
    #[error(
        "{} has no extension of an image format; png, jpg, bmp, ppm, pgm and pam are written",
        path.display()
    )]
    Extension {
        /// The path.
        path: PathBuf,
    },
    /// Something is there, and was not to be replaced.
    #[error("{} exists already; remove it, or say that it may be overwritten", path.display())]
    Exists {
        /// The path.
        path: PathBuf,
    },
    /// Something is there that is no regular file, and is never replaced.
    #[error("{} is no regular file, and is not replaced; choose another name", path.display())]
    NotRegular {
        /// The path.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The encoder refused the image, or its target cannot be written.
    #[error("the {format} encoder failed: {reason}")]
    Encoder {
        /// Format of the file.
        format: Format,
        /// What is wrong, in the words of the encoder; at most 200 characters.
        reason: String,
    },
    /// The encoder panicked.
    #[error("the {format} encoder broke down over an image of {shape}")]
    Panicked {
        /// Format of the file.
        format: Format,
        /// Shape of the image.
        shape: ImageShape,
    },
}

/// The most characters of a reason: decoders quote the file.
const REASON_CHARS: usize = 200;

/// The text of another crate's error, cut, without characters that steer a terminal.
pub(crate) fn reason(error: &dyn std::error::Error) -> String {
    use pixelflume_graph::text::is_hidden;
    let text = error.to_string();
    let shown = text.chars().map(|c| if is_hidden(c) { ' ' } else { c });
    shown.take(REASON_CHARS).collect()
}
