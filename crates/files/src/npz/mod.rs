//! NumPy's `.npz` files: zip archives of `.npy` files, one for each array.
//!
//! Members are read stored and deflated, and written as `numpy.savez` (stored) or `numpy.savez_compressed` (deflated) write them, also beyond
//! 4 GiB. Sizes and counts that the archive declares allocate nothing: memory follows the bytes that arrive, up to the caller's bound. Checksums are
//! verified.

mod reader;
#[cfg(test)]
mod tests;
mod writer;

pub use reader::Npz;
pub use writer::{Compression, NpzWriter};

use crate::npy::NpyError;
use pixelflume_graph::text::Shown;
use std::io;
use thiserror::Error;

/// The most members of an archive.
pub const MAX_MEMBERS: usize = 1 << 16;

/// The most bytes of a member's name.
pub const MAX_NAME: usize = 4096;

/// The reason why a `.npz` file is not read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NpzError {
    /// The archive is damaged, or cannot be read or written.
    #[error("{0}")]
    Archive(String),
    /// The file cannot be opened or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The archive has more members than are read.
    #[error("the archive has more than {limit} members")]
    Members {
        /// The most members.
        limit: usize,
    },
    /// A member's name is too long or no Unicode text.
    #[error(
        "the archive has a member named {name}; names are Unicode text of at most {MAX_NAME} bytes"
    )]
    Name {
        /// The name, quoted.
        name: String,
    },
    /// A name is none that an array gets.
    #[error(
        "\"{}\" cannot be the name of an array: names are plain paths, without \"..\", empty parts or backslashes, and without \
         a colon where not all characters are ASCII",
        Shown(.name)
    )]
    Path {
        /// The name.
        name: String,
    },
    /// Two arrays lie in the same bytes, as in archives that expand to many times their size.
    #[error("arrays \"{}\" and \"{}\" lie in the same bytes of the archive", Shown(.first), Shown(.second))]
    Overlap {
        /// The name of the first array.
        first: String,
        /// The name of the second array.
        second: String,
    },
    /// An earlier error has left half a member in the archive.
    #[error("an earlier array could not be written")]
    Failed,
    /// Two members have one name.
    #[error("the archive has two arrays named \"{name}\"")]
    Twice {
        /// The name of the array.
        name: String,
    },
    /// No array has this name.
    #[error("the archive has no array named \"{name}\"; it has {known}")]
    Missing {
        /// The name that was asked for.
        name: String,
        /// Some of the names that there are.
        known: String,
    },
    /// The member is encrypted, or compressed in another way.
    #[error(
        "array \"{name}\" is {what}; members are read stored and deflated, as numpy.savez writes them"
    )]
    Method {
        /// The name of the array.
        name: String,
        /// What it is.
        what: String,
    },
    /// The member is no array that is read or written.
    #[error("array \"{name}\": {source}")]
    Array {
        /// The name of the array.
        name: String,
        /// The reason.
        source: NpyError,
    },
    /// The member has bytes behind its array.
    #[error("array \"{name}\" has bytes behind its samples")]
    Trailing {
        /// The name of the array.
        name: String,
    },
}

impl From<rawzip::Error> for NpzError {
    fn from(error: rawzip::Error) -> Self {
        match error.into_kind() {
            rawzip::ErrorKind::IO(error) => NpzError::Io(error),
            kind => NpzError::Archive(rawzip::Error::from(kind).to_string()),
        }
    }
}
