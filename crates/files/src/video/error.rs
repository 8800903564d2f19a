//! Why frames are not read or written.

use super::header::{HeaderError, MAX_LINE};
use super::raw::RawFormat;
use pixelflume_ops::ImageShape;
use pixelflume_ops::yuv::YuvError;
use std::fmt;
use std::io;
use thiserror::Error;

/// The reason why a size is refused.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum SizeError {
    /// A dimension is zero.
    #[error("a size of {width}x{height} has no pixels")]
    Empty {
        /// Pixels of a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// The size is above the caller's limit.
    #[error("{width}x{height} is more than {limit} pixels")]
    TooLarge {
        /// Pixels of a row.
        width: u32,
        /// Rows.
        height: u32,
        /// The most pixels.
        limit: u64,
    },
}

/// Checks a size before memory is allocated for it.
pub(super) fn check_size(width: u32, height: u32, max_pixels: u64) -> Result<(), SizeError> {
    if width == 0 || height == 0 {
        return Err(SizeError::Empty { width, height });
    }
    if u64::from(width) * u64::from(height) > max_pixels {
        return Err(SizeError::TooLarge {
            width,
            height,
            limit: max_pixels,
        });
    }
    Ok(())
}

/// The error of a stream that is truncated or damaged, with its place.
#[derive(Debug, Error)]
pub struct StreamError {
    /// The name of the source.
    pub name: String,
    /// The number of the frame; `None` before the first.
    pub frame: Option<u64>,
    /// The offset in bytes from the beginning of the stream.
    pub offset: u64,
    /// What is wrong there.
    #[source]
    pub cause: StreamCause,
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.name)?;
        if let Some(frame) = self.frame {
            write!(f, "frame {frame}, ")?;
        }
        write!(f, "byte {}: {}", self.offset, self.cause)
    }
}

/// The cause of a [`StreamError`].
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StreamCause {
    /// The first line is refused.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The size is refused.
    #[error(transparent)]
    Size(#[from] SizeError),
    /// The stream ends within a frame.
    #[error("a frame of {expected} bytes ends after {got}")]
    Frame {
        /// Bytes of a frame.
        expected: usize,
        /// Bytes that are there.
        got: usize,
    },
    /// The stream ends within the line of a frame.
    #[error("the stream ends within the line that begins a frame")]
    FrameLine,
    /// The line of a frame does not end.
    #[error("the line that begins a frame is longer than {MAX_LINE} bytes")]
    FrameLineTooLong,
    /// There is no frame where one begins.
    #[error("a frame begins with FRAME, this with {found}")]
    NoFrame {
        /// What is there, quoted.
        found: String,
    },
    /// A position is none of this stream.
    #[error("no frame {index} begins there: the position is that of another stream")]
    Position {
        /// The number of the frame.
        index: u64,
    },
    /// The frame cannot be converted.
    #[error(transparent)]
    Pixels(#[from] PixelsError),
    /// The source cannot be read.
    #[error(transparent)]
    Read(#[from] io::Error),
}

/// The reason why a frame does not become an image, or an image no frame.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum PixelsError {
    /// Another number of bytes than the size has.
    #[error("{what} has {got} bytes, one of {width}x{height} has {expected}")]
    Length {
        /// "the frame" or "the image".
        what: &'static str,
        /// Bytes that were given.
        got: usize,
        /// Bytes of the size; 0 where memory cannot have them.
        expected: usize,
        /// Pixels of a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// The conversion refuses the bytes.
    #[error(transparent)]
    Yuv(#[from] YuvError),
}

/// The reason why images of a shape cannot be the frames of a video.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum ShapeError {
    /// The samples are not of 8 bits.
    #[error(
        "{shape} is not of 8 bits, and video is written with 8 bits; end the pipeline with a node that gives u8, or \
         run the frames as images, whose results can be .npy files"
    )]
    Sample {
        /// The shape.
        shape: ImageShape,
    },
    /// The channels are planes.
    #[error("{shape} lies in planes, and video is written from interleaved images")]
    Planes {
        /// The shape.
        shape: ImageShape,
    },
    /// The images have transparency.
    #[error(
        "{shape} has 4 channels, and video has no transparency; end the pipeline with a node of op = \"color\", \
         conversion = \"rgba_to_rgb\""
    )]
    Alpha {
        /// The shape.
        shape: ImageShape,
    },
    /// Frames have 1 or 3 channels.
    #[error("{shape} has {} channels, and video is written with 1 or 3", .shape.channels)]
    Channels {
        /// The shape.
        shape: ImageShape,
    },
    /// The format of the frames has other channels.
    #[error(
        "{shape} has {} channel(s), {name} frames are made of {takes}; write {} frames, or end the pipeline with a node of \
         op = \"color\"",
        .shape.channels,
        .fitting.name()
    )]
    Format {
        /// The shape.
        shape: ImageShape,
        /// The name of the format.
        name: &'static str,
        /// The channels that it takes.
        takes: u32,
        /// A format for this shape.
        fitting: RawFormat,
    },
}

/// The error of writing frames.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// Images of this shape are no frames.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The samples do not fit the stream.
    #[error(transparent)]
    Pixels(#[from] PixelsError),
    /// The tag of a frame is none.
    #[error("the tag of a frame is three letters or digits, not \"{}\"", .tag.escape_ascii())]
    Tag {
        /// The tag.
        tag: [u8; 3],
    },
    /// The target cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}
