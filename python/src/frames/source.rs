//! One value of Python as images.

use crate::frames::encoded::Encoded;
use crate::frames::error::{Problem, Refusal, type_name};
use crate::frames::exchange::ExchangeApi;
use crate::frames::pixels::Pixels;
use crate::frames::place::{GpuPlace, Place};
use crate::frames::{buffer, cuda_array, on_gpu, pil, tensor};
use pixelflume::pipeline::dlpack::abi::DLDevice;
use pyo3::buffer::PyUntypedBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PySet, PyString, PyTuple};
use std::path::PathBuf;

/// The images of a value that is no list, and whether they are one image without an axis of images.
///
/// The ways are tried in the order of their cost: by the type of the object, the buffer protocol, the C exchange API, and
/// attributes.
pub(super) fn pixels(
    value: &Bound<'_, PyAny>,
    place: &Place<'_>,
) -> Result<(Pixels, bool), Refusal> {
    let py = value.py();
    if let Ok(bytes) = value.cast::<PyBytes>() {
        return Ok((Pixels::Encoded(Encoded::of_bytes(bytes)), true));
    }
    if value.cast::<PyString>().is_ok() {
        return path(value);
    }
    if has_buffer(value) {
        match PyUntypedBuffer::get(value) {
            Ok(buffer) if buffer.dimensions() == 1 => {
                return Ok((Pixels::Encoded(Encoded::of_buffer(&buffer, py)?), true));
            }
            Ok(buffer) => return buffer::pixels(buffer, place.axes),
            // Types of samples that buffers have no name for may be known to DLPack.
            Err(_)
                if value
                    .hasattr(pyo3::intern!(py, "__dlpack__"))
                    .unwrap_or(false) => {}
            Err(cause) => return Err(Refusal::of_producer(value, "the buffer protocol", cause)),
        }
    }
    if let Some(api) = ExchangeApi::of(value) {
        return tensor::of_exchange(value, api, place);
    }
    if pil::is_image(value) {
        return Ok((pil::pixels(value)?, true));
    }
    let has = |name: &Bound<'_, PyString>| value.hasattr(name).unwrap_or(false);
    if has(pyo3::intern!(py, "__dlpack__")) {
        return tensor::of_method(value, place);
    }
    if has(pyo3::intern!(py, "__cuda_array_interface__")) {
        return cuda_array::pixels(value, place);
    }
    if has(pyo3::intern!(py, "__fspath__")) {
        return path(value);
    }
    Err(refused(value).into())
}

/// The GPU that a value lies on, with the stream of its library; `None` for what lies in ordinary memory, and for what is no
/// image.
pub(super) fn gpu(value: &Bound<'_, PyAny>) -> Result<Option<GpuPlace>, Refusal> {
    let py = value.py();
    if value.is_instance_of::<PyString>() || has_buffer(value) {
        return Ok(None);
    }
    if let Some(api) = ExchangeApi::of(value) {
        let device = api.device(value)?;
        return match ordinal(device) {
            Some(ordinal) => {
                let stream = Some(api.stream(value, device)?);
                Ok(Some(GpuPlace { ordinal, stream }))
            }
            None => Ok(None),
        };
    }
    if pil::is_image(value) {
        return Ok(None);
    }
    let has = |name: &Bound<'_, PyString>| value.hasattr(name).unwrap_or(false);
    let has_interface = has(pyo3::intern!(py, "__cuda_array_interface__"));
    let stream = match has_interface {
        true => cuda_array::stream(value)?,
        false => None,
    };
    if has(pyo3::intern!(py, "__dlpack_device__")) {
        let ordinal = ordinal(tensor::device(value)?);
        return Ok(ordinal.map(|ordinal| GpuPlace { ordinal, stream }));
    }
    // The interface does not tell the GPU. Memory of another one than the first is refused, with advice to name its device.
    Ok(has_interface.then_some(GpuPlace { ordinal: 0, stream }))
}

/// The number of a GPU.
fn ordinal(device: DLDevice) -> Option<usize> {
    match on_gpu::is_gpu(device) {
        true => usize::try_from(device.device_id).ok(),
        false => None,
    }
}

/// Whether an object has the buffer protocol, as arrays of NumPy, `bytes` and `memoryview` have.
#[expect(unsafe_code, reason = "asks the interpreter")]
fn has_buffer(value: &Bound<'_, PyAny>) -> bool {
    // SAFETY: the object is alive, and the interpreter attached.
    unsafe { pyo3::ffi::PyObject_CheckBuffer(value.as_ptr()) != 0 }
}

/// An image file by its path.
fn path(value: &Bound<'_, PyAny>) -> Result<(Pixels, bool), Refusal> {
    let path = value.extract::<PathBuf>();
    let path = path.map_err(|cause| Refusal::of_producer(value, "reading the path", cause))?;
    Ok((Pixels::Encoded(Encoded::of_path(path)), true))
}

/// Why a value is no image.
fn refused(value: &Bound<'_, PyAny>) -> Problem {
    if value.is_none() {
        return Problem::Nothing;
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        return Problem::Nested;
    }
    let name = type_name(value);
    let is_collection = value.is_instance_of::<PyDict>() || value.is_instance_of::<PySet>();
    match is_collection || value.hasattr("__next__").unwrap_or(false) {
        true => Problem::Collection { name },
        false => Problem::Type { name },
    }
}
