//! What the conversions refuse.

use thiserror::Error;

/// The bytes given are not those of a frame of the size given.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum YuvError {
    /// A dimension is zero.
    #[error("a frame of {width}x{height} has no pixels; width and height are at least 1")]
    Empty {
        /// Pixels of a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// The frame has more bytes than memory can have.
    #[error("a frame of {width}x{height} is larger than any memory")]
    TooLarge {
        /// Pixels of a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// A plane, or the whole frame, has more or fewer bytes than the size says.
    #[error("{what} of a frame of {width}x{height} has {expected} bytes, got {got}")]
    Length {
        /// Which plane, for example `the U plane (4:2:0)`.
        what: &'static str,
        /// Pixels of a row.
        width: u32,
        /// Rows.
        height: u32,
        /// Bytes that it has.
        expected: usize,
        /// Bytes given.
        got: usize,
    },
}
