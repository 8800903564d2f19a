//! Why an image cannot be taken.

use crate::errors::{Exception, Kind};
use crate::frames::axes::MAX_GUESSED_CHANNELS;
use pixelflume::codec::DecodeError;
use pixelflume::device::DeviceError;
use pixelflume::memory::MemoryError;
use pixelflume::pipeline::ImageError;
use pixelflume::pipeline::dlpack::DlpackError;
use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use std::fmt;
use std::path::PathBuf;
use thiserror::Error;

/// What images may be, for errors.
const KINDS: &str = "a path, an encoded image as bytes, a PIL image, or an array (NumPy, PyTorch, CuPy, JAX, or anything with \
                     __dlpack__, __cuda_array_interface__ or a buffer)";

/// An image that cannot be taken, with its index in the batch.
#[derive(Debug)]
pub(crate) struct FrameError {
    /// The index of the image; `None` where one image was passed, or none.
    pub(crate) image: Option<usize>,
    /// The file of the image.
    pub(crate) path: Option<PathBuf>,
    /// Boxed, since few calls have one.
    pub(crate) problem: Box<Problem>,
}

/// The reason why an image cannot be taken.
#[derive(Debug, Error)]
pub(crate) enum Problem {
    #[error("an object of type {name} is no image; pass {KINDS}")]
    Type { name: String },
    #[error(
        "an object of type {name} is no list of images; pass `list(images)`, or the values of a dict by `list(images.values())`"
    )]
    Collection { name: String },
    #[error("None is no image; pass {KINDS}, or leave the image out")]
    Nothing,
    #[error("no images were given; pass at least one")]
    NoImages,
    #[error(
        "a list within the list of images; pass one flat list, and concatenate lists of images by `a + b`"
    )]
    Nested,
    #[error(
        "a batch of {images} images within a list; a list has one image per entry: pass the batch alone, or its images"
    )]
    BatchInList { images: usize },
    #[error(
        "an image in ordinary memory is in a list with images on a GPU; move all of them to one place"
    )]
    NotOnGpu,
    #[error(
        "an array of shape {} is no image; images have 2 dimensions (rows, columns) or 3 (with channels), batches 4",
        shown(shape)
    )]
    Dimensions { shape: Vec<i64> },
    #[error(
        "a buffer of one dimension is read as the bytes of an image file, and these are no bytes; pass pixels as an array of 2 to 4 \
         dimensions"
    )]
    OneDimension,
    #[error(
        "an array of shape {} has {} entries on axis {axis}; images have 1 to 4294967295 there",
        shown(shape), shape[*axis]
    )]
    Extent { shape: Vec<i64>, axis: usize },
    #[error(
        "an array of shape {} has no axis of 1 to {MAX_GUESSED_CHANNELS} channels, neither first nor last; pass axes=\"hwc\" or \
         axes=\"chw\" for images of more channels, and add an axis (`array[..., None]`) to a batch of gray images",
        shown(shape)
    )]
    Channels { shape: Vec<i64> },
    #[error("samples of type {name} are not taken; {advice}")]
    Sample { name: String, advice: &'static str },
    #[error(
        "numbers in the other byte order (format {format:?}) are not taken; convert them, for example with `array.astype(array.dtype.newbyteorder(\"=\"))`"
    )]
    ByteOrder { format: String },
    #[error(
        "a buffer whose rows are behind pointers (suboffsets) is not taken; copy it into one array"
    )]
    Suboffsets,
    #[error(
        "an array of shape {} repeats its memory (strides of 0), and a copy without repeats takes {bytes} bytes; pass fewer images at a \
         time",
        shown(shape)
    )]
    Repeated { shape: Vec<i64>, bytes: usize },
    #[error(
        "no memory for {bytes} bytes, to copy an array of shape {} into interleaved images",
        shown(shape)
    )]
    OutOfMemory { bytes: usize, shape: Vec<i64> },
    #[error("{what} of {of} failed: {}", first_line(cause))]
    Producer {
        /// What was asked of the object, for example `__dlpack__`.
        what: &'static str,
        /// The type of the object.
        of: String,
        cause: PyErr,
    },
    #[error(
        "the C exchange API of DLPack of {of} lacks a function; pass the tensor in another form, such as an array of NumPy"
    )]
    Exchange { of: String },
    #[error("__dlpack__ of {of} gave {got}, and not a capsule")]
    Capsule { of: String, got: String },
    #[error(
        "__dlpack__ of {of} gave a capsule named {name:?}; a capsule that was not used yet is \"dltensor\" or \"dltensor_versioned\""
    )]
    CapsuleName { of: String, name: String },
    #[error(
        "the image is in memory of device type {device_type}, number {device_id} (of DLPack; 2 is CUDA), and the pipeline runs on \
         {expected}; move the image, or pass `device=`"
    )]
    Device {
        device_type: i32,
        device_id: i32,
        expected: String,
    },
    #[error(
        "the image is in memory of a GPU, and the pipeline runs on {expected}; move the image, or pass `device=\"cuda\"`"
    )]
    GpuArray { expected: String },
    #[error(
        "images of {} (rows, columns, channels) on a GPU do not lie in memory like interleaved images; make them so with \
         `tensor.contiguous(memory_format=torch.channels_last)`, or `tensor.permute(1, 2, 0).contiguous()` for one image",
        shown(shape)
    )]
    GpuLayout { shape: Vec<i64> },
    #[error("an array with a mask is no image; fill it first")]
    Masked,
    #[error(
        "an array of shape {} is larger than any memory; check its extents and strides",
        shown(shape)
    )]
    TooLarge { shape: Vec<i64> },
    #[error(
        "a tensor with requires_grad cannot be taken, since no gradient comes back; pass `tensor.detach()`"
    )]
    RequiresGrad,
    #[error(
        "a tensor with the {bit} bit set is not what its memory has; pass `tensor.{resolve}()`"
    )]
    LazyBit {
        bit: &'static str,
        resolve: &'static str,
    },
    #[error(
        "no such file; a string is the path of an image file (encoded images are passed as bytes, and files of the network are fetched before)"
    )]
    NoFile,
    #[error("the images were not decoded before they were used")]
    NotDecoded,
    #[error(transparent)]
    Dlpack(#[from] DlpackError),
    #[error(transparent)]
    Memory(#[from] MemoryError),
    #[error(transparent)]
    Image(#[from] ImageError),
    #[error(transparent)]
    Driver(#[from] DeviceError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

impl Problem {
    /// The error for the image of this index, or for the only value that was passed.
    pub(super) fn at(self, image: Option<usize>) -> FrameError {
        FrameError {
            image,
            path: None,
            problem: Box::new(self),
        }
    }
}

/// An error while a value of Python is looked at: a reason to refuse it, or an exception that is passed on as it is, such as
/// `KeyboardInterrupt`.
#[derive(Debug)]
pub(crate) enum Refusal {
    Problem(Problem),
    Exception(PyErr),
}

impl Refusal {
    /// The failure of a call of the object's own code.
    pub(super) fn of_producer(
        value: &Bound<'_, PyAny>,
        what: &'static str,
        cause: PyErr,
    ) -> Refusal {
        match cause.is_instance_of::<PyException>(value.py()) {
            true => Refusal::Problem(Problem::Producer {
                what,
                of: type_name(value),
                cause,
            }),
            false => Refusal::Exception(cause),
        }
    }

    /// The exception for the image of this index.
    pub(super) fn at(self, image: Option<usize>) -> PyErr {
        match self {
            Refusal::Exception(exception) => exception,
            Refusal::Problem(problem) => problem.at(image).into(),
        }
    }
}

impl<T: Into<Problem>> From<T> for Refusal {
    fn from(problem: T) -> Refusal {
        Refusal::Problem(problem.into())
    }
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(image) = self.image {
            write!(f, "image {image}: ")?;
        }
        if let Some(path) = &self.path {
            write!(f, "{path:?}: ")?;
        }
        fmt::Display::fmt(&self.problem, f)
    }
}

impl std::error::Error for FrameError {}

impl From<&FrameError> for Exception {
    fn from(error: &FrameError) -> Exception {
        let kind = match &*error.problem {
            Problem::Decode(_) => Kind::Decode,
            Problem::Driver(_) => Kind::Device,
            _ => Kind::Input,
        };
        let exception = Exception::new(kind, error.to_string());
        match error.image {
            Some(image) => exception.at_image(image),
            None => exception,
        }
    }
}

impl From<FrameError> for Exception {
    fn from(error: FrameError) -> Exception {
        Exception::from(&error)
    }
}

impl From<FrameError> for PyErr {
    fn from(error: FrameError) -> PyErr {
        let exception = PyErr::from(Exception::from(&error));
        if let Problem::Producer { cause, .. } = *error.problem {
            Python::attach(|py| exception.set_cause(py, Some(cause)));
        }
        exception
    }
}

/// The name of an object's type with its module, of at most 100 characters.
pub(super) fn type_name(value: &Bound<'_, PyAny>) -> String {
    let name = value.get_type().fully_qualified_name();
    let name = name.map_or_else(
        |_| "?".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    );
    name.chars().take(100).collect()
}

/// The first line of an exception's text, of at most 300 characters: some libraries append a backtrace.
fn first_line(exception: &PyErr) -> String {
    let text = exception.to_string();
    text.lines()
        .next()
        .unwrap_or("")
        .chars()
        .take(300)
        .collect()
}

/// A shape as Python writes it, of at most 8 extents.
fn shown(shape: &[i64]) -> String {
    let extents: Vec<String> = shape.iter().take(8).map(i64::to_string).collect();
    let more = if shape.len() > extents.len() {
        ", ..."
    } else {
        ""
    };
    let comma = if shape.len() == 1 { "," } else { "" };
    format!("({}{comma}{more})", extents.join(", "))
}
