//! Values of Python as files and images, and decoded images as tensors.

use crate::device;
use crate::errors::{Exception, Kind};
use crate::frames::{Axes, Decoding, FrameError, Frames, Place};
use crate::results::completion::Completion;
use crate::results::tensor::Tensor;
use pixelflume::codec::{DecodeError, DecodeOptions, decode};
use pixelflume::device::{DeviceKind, DeviceRequest};
use pixelflume::pipeline::{BatchLayout, DeviceTensor, Image, ImageError, Input};
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyTuple};
use std::borrow::Cow;
use std::sync::Arc;

/// The content of a file. `bytes` cannot change, and are read where they are; other buffers could be written by another thread
/// while they are decoded, and are copied.
pub(super) fn content<'a>(data: &'a Bound<'_, PyAny>) -> PyResult<Cow<'a, [u8]>> {
    if let Ok(bytes) = data.cast::<PyBytes>() {
        return Ok(Cow::Borrowed(bytes.as_bytes()));
    }
    let buffer = PyBuffer::<u8>::get(data).ok();
    match buffer.filter(|buffer| buffer.dimensions() == 1) {
        Some(buffer) => buffer.to_vec(data.py()).map(Cow::Owned),
        None => Err(PyTypeError::new_err(format!(
            "{} is no content of a file; decode takes bytes, or a buffer of bytes with one dimension, and imread takes a path",
            data.get_type().name()?
        ))),
    }
}

/// Calls a function, without the interpreter, with the one image that a value has in ordinary memory.
///
/// The function gets a copy: an encoder may use samples as indices, and another thread could write to the value.
pub(super) fn with_image<R: Send>(
    value: &Bound<'_, PyAny>,
    axes: Option<&str>,
    use_image: impl FnOnce(&Image) -> R + Send,
) -> PyResult<R> {
    let py = value.py();
    let host = py
        .detach(|| device::open(DeviceRequest::Host))
        .map_err(Exception::from)?;
    let stream = host.device().stream().map_err(Exception::from)?;
    let place = Place {
        device: host.device(),
        stream: &stream,
        raw_stream: None,
        axes: Axes::extract(axes)?,
    };
    let several = |what: String| {
        let text = format!("{what} was given; one image is encoded at a time");
        Err(Exception::new(Kind::Input, text).into())
    };
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        return several("a list".to_owned());
    }
    let mut frames = Frames::extract_views(value, &place)?;
    if !frames.is_single() {
        return several(format!("a batch of {} images", frames.len()));
    }
    let used = py.detach(move || -> Result<Result<R, NoImage>, FrameError> {
        let decoding = Decoding {
            options: DecodeOptions::default(),
            device: DeviceKind::Host,
        };
        frames.decode(1, &decoding)?;
        let image = frames.with_input(one_image)?;
        Ok(image.map(|image| use_image(&image)))
    });
    used?.map_err(|error| Exception::new(Kind::Input, error.to_string()).into())
}

/// Why an input is not one image in ordinary memory.
#[derive(Debug, thiserror::Error)]
enum NoImage {
    #[error(
        "the image is on a GPU, and images are encoded on the CPU; copy it there first, for example by `.cpu()` or `.numpy()`"
    )]
    OnGpu,
    #[error(transparent)]
    Image(#[from] ImageError),
    #[error(transparent)]
    Decode(#[from] DecodeError),
}

fn one_image(input: Input<'_>) -> Result<Image, NoImage> {
    match input {
        Input::Batch(batch) => Ok(batch.frame(0)?.to_image()),
        Input::Views([view, ..]) => Ok(view.to_image()),
        Input::Images([image, ..]) => Ok((*image).clone()),
        Input::Encoded([file, ..]) => Ok(decode(file, &DecodeOptions::default())?),
        Input::Views([]) | Input::Images([]) | Input::Encoded([]) => {
            Err(ImageError::NoImages.into())
        }
        Input::Device(_) | Input::DeviceList(_) => Err(NoImage::OnGpu),
    }
}

/// The tensor of an image, in memory of the host device. Needs no interpreter, and no worker of the device: the function of a
/// custom operator, which occupies one, may decode files.
pub(super) fn tensor_of(image: Image) -> Result<Tensor, Exception> {
    let host = device::inline()?;
    let (memory, stream) = (host.memory, host.stream()?);
    let (shape, bytes) = (image.shape(), image.data().len());
    let mut staging = memory.pinned(bytes)?;
    staging.as_mut_slice()?.copy_from_slice(image.data());
    // Before there is a third copy.
    drop(image);
    let mut buffer = memory.allocate(bytes, &stream)?;
    buffer.upload(0, &mut staging, 0..bytes, &stream)?;
    // Waits for this copy alone; other threads use the stream, too.
    staging.as_mut_slice()?;
    let tensor = DeviceTensor::new(buffer, BatchLayout::tight(shape, 1), memory)?;
    let complete = Completion::new(&Arc::from([]), Vec::new());
    Ok(Tensor::new(
        Arc::new(tensor),
        Some(0),
        0,
        Arc::new(complete),
    ))
}
