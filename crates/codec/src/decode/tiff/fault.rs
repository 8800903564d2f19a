//! Errors of TIFF files.

use crate::error::{DecodeError, reason};
use crate::format::Format;
use crate::limits::DECODER_BYTES;
use std::io;
use tiff::TiffError;

/// The error of a file that is damaged, or of a kind that is not read.
pub(super) fn damaged(reason: impl Into<String>) -> DecodeError {
    DecodeError::Damaged {
        format: Format::Tiff,
        reason: reason.into(),
    }
}

/// The error of reading or decompressing.
pub(super) fn read_error(error: io::Error) -> DecodeError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => DecodeError::Truncated {
            format: Format::Tiff,
        },
        // The words of a decompressor.
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => damaged(reason(&error)),
        _ => DecodeError::Read(error),
    }
}

/// The error of the crate `tiff`.
pub(super) fn error(error: TiffError) -> DecodeError {
    match error {
        TiffError::IoError(error) => read_error(error),
        TiffError::LimitsExceeded => DecodeError::DecoderMemory {
            format: Format::Tiff,
            limit: DECODER_BYTES,
        },
        error => damaged(reason(&error)),
    }
}
