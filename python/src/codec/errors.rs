//! The exceptions of files that cannot be decoded, and of images that cannot be encoded.

use crate::errors::{Exception, Kind};
use pixelflume::codec::{DecodeError, EncodeError};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::io;
use std::path::Path;

/// The exception of a file that cannot be decoded; with the path where there is one.
pub(super) fn decode_error(error: DecodeError, path: Option<&Path>) -> PyErr {
    let text = match path {
        Some(path) => format!("{}: {error}", path.display()),
        None => error.to_string(),
    };
    match error {
        // What the system says. That a folder is no image is said by the codec, without a number.
        DecodeError::Read(error) if error.raw_os_error().is_some() => {
            system_error(error.kind(), text)
        }
        _ => Exception::new(Kind::Decode, text).into(),
    }
}

/// The exception of an image that cannot be encoded or written.
pub(super) fn encode_error(error: EncodeError) -> PyErr {
    let text = error.to_string();
    match error {
        EncodeError::Exists { path } => system_error(
            io::ErrorKind::AlreadyExists,
            format!(
                "{} exists already; remove it, or pass overwrite=True",
                path.display()
            ),
        ),
        EncodeError::Write { source, .. } => system_error(source.kind(), text),
        EncodeError::NotRegular { .. } => system_error(io::ErrorKind::Other, text),
        EncodeError::Quality { .. }
        | EncodeError::ReadOnly { .. }
        | EncodeError::NoOption { .. }
        | EncodeError::Extension { .. } => PyValueError::new_err(text),
        _ => Exception::new(Kind::Input, text).into(),
    }
}

/// The exception of the class that Python has for this kind of error, for example `FileNotFoundError`.
fn system_error(kind: io::ErrorKind, text: String) -> PyErr {
    io::Error::new(kind, text).into()
}
