//! Why an array is not read.

use pixelflume_ops::ImageError;
use std::io;
use thiserror::Error;

/// The reason why a `.npy` file is not read, or why bytes are no array or image.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NpyError {
    /// The file does not begin as `.npy` files do.
    #[error("this is no .npy file: it begins with {found}, not with \"\\x93NUMPY\"")]
    Magic {
        /// The first bytes, quoted.
        found: String,
    },
    /// The version of the format is unknown.
    #[error("version {major}.{minor} of the format is unknown; 1.0, 2.0 and 3.0 are read")]
    Version {
        /// The first number.
        major: u8,
        /// The second number.
        minor: u8,
    },
    /// The header is longer than NumPy reads.
    #[error("the header has {bytes} bytes, and may have {limit}")]
    HeaderTooLong {
        /// Bytes that it declares.
        bytes: u64,
        /// The most bytes that are read.
        limit: usize,
    },
    /// The file ends early.
    #[error("the file ends within its {part}, after {got} of {expected} bytes")]
    Ends {
        /// Where it ends.
        part: &'static str,
        /// Bytes of the part that are there.
        got: usize,
        /// Bytes of the part.
        expected: usize,
    },
    /// The header is not a dictionary of literals as NumPy writes it.
    #[error("byte {offset} of the header: expected {expected}, found {found}")]
    Syntax {
        /// The offset in the header's text.
        offset: usize,
        /// What the format has there.
        expected: &'static str,
        /// What is there, quoted.
        found: String,
    },
    /// A key of the header is missing, unknown, or there twice.
    #[error("the header has {problem}; it has descr, fortran_order and shape, once each")]
    Key {
        /// What is wrong, with the key.
        problem: String,
    },
    /// The array is stored column by column.
    #[error(
        "the array is in Fortran order, and C order is read; numpy.ascontiguousarray(array) makes it before numpy.save"
    )]
    FortranOrder,
    /// The samples have a type that is not read.
    #[error("the array has samples of type {descr}: {advice}")]
    Type {
        /// The type as NumPy writes it, quoted.
        descr: String,
        /// What it is, or what to do.
        advice: &'static str,
    },
    /// The array has more dimensions than are read.
    #[error("the array has more than {limit} dimensions")]
    Dimensions {
        /// The most dimensions.
        limit: usize,
    },
    /// The samples need more memory than the caller allows, or than the machine can address.
    #[error(
        "an array of shape {dimensions:?} of {sample_bytes}-byte samples is larger than {limit} bytes"
    )]
    TooLarge {
        /// The shape.
        dimensions: Vec<usize>,
        /// Bytes of a sample.
        sample_bytes: usize,
        /// The most bytes.
        limit: u64,
    },
    /// Bytes and shape do not belong together.
    #[error("an array of shape {dimensions:?} has {expected} bytes, got {got}")]
    Length {
        /// The shape.
        dimensions: Vec<usize>,
        /// Bytes of that shape.
        expected: usize,
        /// Bytes that were given.
        got: usize,
    },
    /// An array of this shape is not one image.
    #[error(
        "an array of shape {dimensions:?} is no image; images have (height, width), (height, width, channels) or, planar, \
         (channels, height, width)"
    )]
    NoImage {
        /// The shape.
        dimensions: Vec<usize>,
    },
    /// The image is impossible.
    #[error(transparent)]
    Image(#[from] ImageError),
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] io::Error),
}
