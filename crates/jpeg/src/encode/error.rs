//! Why an image cannot be encoded.

use std::io;
use thiserror::Error;

/// The reason why an image cannot be encoded.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The quality is not from 1 to 100.
    #[error("quality {quality} is not from 1 to 100")]
    Quality {
        /// The quality that was given.
        quality: u8,
    },
    /// The image is empty, or has a side of more than [`MAX_SIDE`](crate::MAX_SIDE) pixels.
    #[error("{width}x{height} is no size of a JPEG image, whose sides are from 1 to {limit} pixels", limit = crate::encode::options::MAX_SIDE)]
    Size {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// The image has neither 1 nor 3 channels.
    #[error("an image of {channels} channels is neither gray (1) nor RGB (3)")]
    Channels {
        /// The number of channels.
        channels: u32,
    },
    /// The pitch is shorter than a row.
    #[error("a pitch of {pitch} bytes is less than the {row} bytes of a row")]
    Pitch {
        /// Bytes from a row to the next, as given.
        pitch: usize,
        /// Bytes of a row.
        row: usize,
    },
    /// The data end before the last row does.
    #[error("the rows take {needed} bytes, and the data have {given}")]
    Data {
        /// Bytes from the begin of the first row to the end of the last one.
        needed: usize,
        /// Bytes of the data.
        given: usize,
    },
    /// The file cannot be written.
    #[error("the encoded file cannot be written: {0}")]
    Write(#[source] io::Error),
}
