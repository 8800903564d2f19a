//! Reads whole image files.

use crate::error::DecodeError;
use crate::format::{Format, MAGIC_BYTES, describe_unknown};
use crate::limits::Limits;
use crate::source::regular;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Reads the bytes of an image file, which must be a regular file, without decoding them: for a decoder that works elsewhere, as that
/// of a GPU does. Of a file of no known format only the first bytes are read.
///
/// # Errors
/// The file cannot be read, is of no known format, or has more than [`Limits::max_bytes`] bytes.
pub fn read_bytes(path: &Path, limits: &Limits) -> Result<Vec<u8>, DecodeError> {
    let (mut file, length) = regular::open(path).map_err(DecodeError::Read)?;
    let mut bytes = Vec::new();
    append(&mut file, MAGIC_BYTES as u64, &mut bytes)?;
    let format = Format::of_content(&bytes).ok_or_else(|| DecodeError::Unknown {
        what: describe_unknown(&bytes),
    })?;
    if length > limits.max_bytes {
        return Err(DecodeError::TooLong {
            format,
            bytes: length,
            limit: limits.max_bytes,
        });
    }
    append(
        &mut file,
        length.saturating_sub(bytes.len() as u64),
        &mut bytes,
    )?;
    Ok(bytes)
}

/// Reads a file of `length` bytes from its begin on into `target`.
pub(crate) fn read_whole(
    file: &mut File,
    length: u64,
    target: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    target.clear();
    file.seek(SeekFrom::Start(0)).map_err(DecodeError::Read)?;
    append(file, length, target)
}

/// Appends the next `length` bytes of a file; fewer where it ends before.
fn append(file: &mut File, length: u64, target: &mut Vec<u8>) -> Result<(), DecodeError> {
    target.reserve_exact(usize::try_from(length).unwrap_or(usize::MAX));
    let read = file.take(length).read_to_end(target);
    read.map_err(DecodeError::Read).map(drop)
}
