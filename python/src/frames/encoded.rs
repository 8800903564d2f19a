//! Image files: by their paths, or their bytes in memory.
#![expect(
    unsafe_code,
    reason = "reads the bytes of an object without the interpreter"
)]

use crate::frames::error::{Problem, Refusal};
use crate::frames::sample;
use pixelflume::codec::{Admission, DecodeError, DecodeOptions, ImageFile, OpenImage, read_bytes};
use pixelflume::device::DeviceKind;
use pixelflume::ops::SampleType;
use pixelflume::pipeline::Image;
use pixelflume::runtime::{self, Bytes};
use pyo3::buffer::PyUntypedBuffer;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::slice;

/// How image files become images.
#[derive(Copy, Clone, Debug)]
pub(crate) struct Decoding {
    /// What is made of a file.
    pub(crate) options: DecodeOptions,
    /// Where the images go: files for a GPU are decoded by its runner, which has it decode those that it can.
    pub(crate) device: DeviceKind,
}

impl Decoding {
    /// The same by the CPU.
    pub(super) fn by_cpu(self) -> Self {
        Decoding {
            device: DeviceKind::Host,
            ..self
        }
    }
}

/// An image file that is not decoded yet.
pub(super) struct Encoded {
    content: Content,
    /// Whether the runner of the call decodes the file, which is in memory, for its device.
    is_for_device: bool,
}

/// Where the bytes of a file are.
enum Content {
    /// On disk.
    File(PathBuf),
    /// In an object that does not change.
    Constant(ConstantBytes),
    /// In memory of their own: they were read from the path, or copied since their object may change.
    Own {
        bytes: Vec<u8>,
        path: Option<PathBuf>,
    },
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

impl ConstantBytes {
    fn as_slice(&self) -> &[u8] {
        // SAFETY: the object has so many bytes from there on, which never change, and it is kept by `self`.
        unsafe { slice::from_raw_parts(self.first, self.len) }
    }
}

impl AsRef<[u8]> for ConstantBytes {
    fn as_ref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl Content {
    /// The bytes of a file in memory.
    fn bytes(&self) -> Option<&[u8]> {
        match self {
            Content::File(_) => None,
            Content::Constant(bytes) => Some(bytes.as_slice()),
            Content::Own { bytes, .. } => Some(bytes),
        }
    }
}

impl Encoded {
    pub(super) fn of_path(path: PathBuf) -> Encoded {
        Encoded::new(Content::File(path))
    }

    pub(super) fn of_bytes(bytes: &Bound<'_, PyBytes>) -> Encoded {
        let data = bytes.as_bytes();
        Encoded::new(Content::Constant(ConstantBytes {
            first: data.as_ptr(),
            len: data.len(),
            _owner: bytes.clone().unbind(),
        }))
    }

    /// A file in a buffer of one dimension, which is copied: a decoder must not see bytes change.
    pub(super) fn of_buffer(buffer: &PyUntypedBuffer, py: Python<'_>) -> Result<Encoded, Refusal> {
        if sample::of_format(buffer.format().to_bytes())? != SampleType::U8 {
            return Err(Problem::OneDimension.into());
        }
        let typed = buffer.as_typed::<u8>().map_err(Refusal::Exception)?;
        let bytes = typed.to_vec(py).map_err(Refusal::Exception)?;
        Ok(Encoded::new(Content::Own { bytes, path: None }))
    }

    /// The file as what a job reads.
    pub(super) fn into_content(self) -> runtime::Content {
        match self.content {
            Content::File(path) => runtime::Content::path(path),
            Content::Constant(bytes) => runtime::Content::Bytes(Bytes::new(bytes)),
            Content::Own { bytes, .. } => runtime::Content::Bytes(bytes.into()),
        }
    }

    fn new(content: Content) -> Encoded {
        Encoded {
            content,
            is_for_device: false,
        }
    }

    /// The path of the file, if it has one.
    pub(super) fn path(&self) -> Option<&Path> {
        match &self.content {
            Content::File(path) => Some(path),
            Content::Own { path, .. } => path.as_deref(),
            Content::Constant(_) => None,
        }
    }

    /// Where the file is.
    pub(super) fn file(&self) -> ImageFile<'_> {
        match &self.content {
            Content::File(path) => ImageFile::Path(path),
            Content::Constant(bytes) => ImageFile::Bytes(bytes.as_slice()),
            Content::Own { bytes, .. } => ImageFile::Bytes(bytes),
        }
    }

    /// The bytes of a file that the runner of the call decodes; `None` of others.
    pub(super) fn for_device(&self) -> Option<&[u8]> {
        self.content.bytes().filter(|_| self.is_for_device)
    }

    /// The image of the file, which has a number in `admitted` where it is one of a batch; or `None` where the runner decodes it, for
    /// which it is read. Needs no interpreter.
    pub(super) fn decode(
        &mut self,
        decoding: &Decoding,
        admitted: Option<(&Admission, usize)>,
    ) -> Result<Option<Image>, Problem> {
        let options = &decoding.options;
        self.is_for_device = decoding.device == DeviceKind::Cuda;
        if self.is_for_device {
            self.read(options)?;
            return Ok(None);
        }
        let opened = match self.file() {
            ImageFile::Path(path) => OpenImage::of_file(path, options),
            ImageFile::Bytes(bytes) => OpenImage::of_bytes(bytes, options),
        };
        let decoded = opened.and_then(|image| {
            if let Some((admission, file)) = admitted {
                admission.check(file, &image.need())?;
            }
            image.decode()
        });
        decoded.map(Some).map_err(of_file)
    }

    /// Reads the file, if it is on disk.
    fn read(&mut self, options: &DecodeOptions) -> Result<(), Problem> {
        if let Content::File(path) = &mut self.content {
            let bytes = read_bytes(path, &options.limits).map_err(of_file)?;
            let path = Some(std::mem::take(path));
            self.content = Content::Own { bytes, path };
        }
        Ok(())
    }
}

/// The problem of a file that cannot be read or decoded.
pub(super) fn of_file(error: DecodeError) -> Problem {
    match error {
        DecodeError::Read(cause) if cause.kind() == ErrorKind::NotFound => Problem::NoFile,
        error => error.into(),
    }
}
