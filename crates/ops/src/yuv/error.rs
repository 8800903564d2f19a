//! The errors of the YUV conversions.

use thiserror::Error;

/// The number of bytes does not fit the size of the frame, or the size is impossible.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
#[non_exhaustive]
pub enum YuvError {
    /// The width or height is zero.
    #[error("a frame of {width}x{height} has no pixels; width and height are at least 1")]
    Empty {
        /// Pixels of a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// The frame has more bytes than the address space.
    #[error("a frame of {width}x{height} is larger than any memory")]
    TooLarge {
        /// Pixels of a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// A plane, or the whole frame, has more or fewer bytes than its size requires.
    #[error("{what} of a frame of {width}x{height} has {expected} bytes, got {got}")]
    Length {
        /// The name of the plane, for example `the U plane (4:2:0)`.
        what: &'static str,
        /// Pixels of a row.
        width: u32,
        /// Rows.
        height: u32,
        /// The bytes that its size requires.
        expected: usize,
        /// The bytes that were given.
        got: usize,
    },
}
