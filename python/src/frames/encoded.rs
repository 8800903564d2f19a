//! Image files: by their paths, or their bytes in memory.
#![expect(
    unsafe_code,
    reason = "reads the bytes of an object without the interpreter"
)]

use crate::frames::error::{Problem, Refusal};
use crate::frames::sample;
use pixelflume::codec::{DecodeError, Limits, Orientation, decode, read};
use pixelflume::ops::SampleType;
use pixelflume::pipeline::Image;
use pyo3::buffer::PyUntypedBuffer;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::slice;

/// An image file that is not decoded yet.
pub(super) enum Encoded {
    /// A file by its path.
    Path(PathBuf),
    /// A file in memory of an object that does not change.
    Bytes(ConstantBytes),
    /// A file in memory that was copied, since its object may change.
    Copied(Vec<u8>),
}

/// The bytes of an object of type `bytes`.
pub(super) struct ConstantBytes {
    first: *const u8,
    len: usize,
    _owner: Py<PyBytes>,
}

// SAFETY: the bytes never change, and are there as long as the object, which is kept.
unsafe impl Send for ConstantBytes {}
// SAFETY: as above.
unsafe impl Sync for ConstantBytes {}

impl Encoded {
    pub(super) fn of_bytes(bytes: &Bound<'_, PyBytes>) -> Encoded {
        let data = bytes.as_bytes();
        Encoded::Bytes(ConstantBytes {
            first: data.as_ptr(),
            len: data.len(),
            _owner: bytes.clone().unbind(),
        })
    }

    /// A file in a buffer of one dimension, which is copied: a decoder must not see bytes change.
    pub(super) fn of_buffer(buffer: &PyUntypedBuffer, py: Python<'_>) -> Result<Encoded, Refusal> {
        if sample::of_format(buffer.format().to_bytes())? != SampleType::U8 {
            return Err(Problem::OneDimension.into());
        }
        let typed = buffer.as_typed::<u8>().map_err(Refusal::Exception)?;
        let bytes = typed.to_vec(py).map_err(Refusal::Exception)?;
        Ok(Encoded::Copied(bytes))
    }

    /// The path of the file, if it has one.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Encoded::Path(path) => Some(path),
            Encoded::Bytes(_) | Encoded::Copied(_) => None,
        }
    }

    /// Decodes the file, turned as its EXIF data says. Needs no interpreter.
    pub(super) fn decode(&self) -> Result<Image, Problem> {
        let (limits, orientation) = (Limits::default(), Orientation::Exif);
        Ok(match self {
            Encoded::Path(path) => {
                read(path, &limits, orientation).map_err(|error| match error {
                    DecodeError::Read(cause) if cause.kind() == ErrorKind::NotFound => {
                        Problem::NoFile
                    }
                    error => error.into(),
                })?
            }
            Encoded::Bytes(bytes) => {
                // SAFETY: the object has so many bytes from there on, which never change, and it is kept by `bytes`.
                let data = unsafe { slice::from_raw_parts(bytes.first, bytes.len) };
                decode(data, &limits, orientation)?
            }
            Encoded::Copied(bytes) => decode(bytes, &limits, orientation)?,
        })
    }
}
