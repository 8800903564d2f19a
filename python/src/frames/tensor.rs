//! Tensors of DLPack as images, by the C exchange API or by `__dlpack__`, and as places for results.
#![expect(
    unsafe_code,
    reason = "takes structs of other libraries out of capsules"
)]

use crate::frames::array::Array;
use crate::frames::axes::{ImageAxes, MAX_DIMENSIONS};
use crate::frames::error::{Problem, Refusal, type_name};
use crate::frames::exchange::ExchangeApi;
use crate::frames::on_gpu::{self, Memory};
use crate::frames::owner::{Attached, Owner};
use crate::frames::pixels::Pixels;
use crate::frames::place::Place;
use pixelflume::device::Stream;
use pixelflume::ops::SampleType;
use pixelflume::pipeline::dlpack::abi::{
    CAPSULE, DLDataType, DLDataTypeCode, DLDevice, DLDeviceType, USED_CAPSULE,
    USED_VERSIONED_CAPSULE, VERSION, VERSIONED_CAPSULE,
};
use pixelflume::pipeline::dlpack::{DlTensor, ManagedTensor, TensorFields};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::critical_section::with_critical_section;
use pyo3::types::{PyCapsule, PyCapsuleMethods, PyDict, PyString};
use std::ffi::CStr;
use std::ptr::NonNull;

/// The images of a tensor whose type has the exchange functions.
pub(super) fn of_exchange(
    value: &Bound<'_, PyAny>,
    api: ExchangeApi,
    place: &Place<'_>,
) -> Result<(Pixels, bool), Refusal> {
    let tensor = api.tensor(value)?;
    let fields = tensor.fields()?;
    // Integers have no gradient, and no bits that say how to read them.
    if !matches!(fields.sample(), Ok(SampleType::U8 | SampleType::I16)) {
        check_memory_is_value(value)?;
    }
    let device = fields.tensor.device;
    let stream = match on_gpu::is_gpu(device) {
        true => Some(api.stream(value, device)?),
        false => None,
    };
    pixels(fields, tensor, stream, place)
}

/// Refuses a tensor of PyTorch whose `__dlpack__` would refuse itself: the exchange functions check neither gradients nor bits by
/// which an operation was put off.
fn check_memory_is_value<'py>(value: &Bound<'py, PyAny>) -> Result<(), Refusal> {
    let py = value.py();
    let asked = |cause| Refusal::of_producer(value, "asking the tensor", cause);
    let is_set = |flag: PyResult<Option<Bound<'_, PyAny>>>| match flag.map_err(asked)? {
        Some(flag) => flag.is_truthy().map_err(asked),
        None => Ok(false),
    };
    if is_set(value.getattr_opt(pyo3::intern!(py, "requires_grad")))? {
        return Err(Problem::RequiresGrad.into());
    }
    let call = |name: &Bound<'py, PyString>| -> PyResult<Option<Bound<'py, PyAny>>> {
        let method = value.getattr_opt(name)?;
        method.map(|method| method.call0()).transpose()
    };
    for (name, bit, resolve) in [
        (pyo3::intern!(py, "is_neg"), "negative", "resolve_neg"),
        (pyo3::intern!(py, "is_conj"), "conjugate", "resolve_conj"),
    ] {
        if is_set(call(name))? {
            return Err(Problem::LazyBit { bit, resolve }.into());
        }
    }
    Ok(())
}

/// The images of an object with `__dlpack__`.
pub(super) fn of_method(
    value: &Bound<'_, PyAny>,
    place: &Place<'_>,
) -> Result<(Pixels, bool), Refusal> {
    let refused = |cause| Refusal::of_producer(value, "__dlpack__", cause);
    let device = device(value)?;
    // The producer orders its work before this stream.
    let stream = match on_gpu::is_gpu(device) {
        true => place.raw_stream.map(on_gpu::named_stream),
        false => None,
    };
    let capsule = call(value, stream).map_err(refused)?;
    let tensor = take(value, &capsule)?;
    pixels(tensor.fields()?, tensor, stream, place)
}

/// An array of the caller as a tensor that is written in the order of `stream`.
///
/// # Errors
/// The array cannot be taken by `__dlpack__`, is no images, is read-only, or is in memory that the device cannot use.
pub(crate) fn writable(value: &Bound<'_, PyAny>, stream: &Stream) -> Result<DlTensor, Refusal> {
    let refused = |cause| Refusal::of_producer(value, "__dlpack__", cause);
    let raw = stream.raw().map(|handle| handle.addr() as isize);
    let asked = match raw {
        Some(raw) if on_gpu::is_gpu(device(value)?) => Some(on_gpu::named_stream(raw)),
        _ => None,
    };
    let capsule = call(value, asked).map_err(refused)?;
    let tensor = take(value, &capsule)?;
    let fields = tensor.fields()?;
    let owner = Attached::new(tensor);
    // SAFETY: the struct, which the owner keeps, has memory as the contract of DLPack says. The caller names the array as a place for
    // results: the documentation of `Pipeline.__call__` says that nothing else uses it until the call has returned, or on a GPU by
    // other work than that in the stream.
    let mut tensor = unsafe { DlTensor::from_fields(&fields, owner, None, stream) }?;
    // Read-only arrays are refused here, before anything runs.
    tensor.output()?;
    Ok(tensor)
}

/// What `__dlpack_device__` tells.
pub(super) fn device(value: &Bound<'_, PyAny>) -> Result<DLDevice, Refusal> {
    let name = pyo3::intern!(value.py(), "__dlpack_device__");
    let told = value.call_method0(name);
    let told = told.and_then(|device| device.extract::<(i32, i32)>());
    let (device_type, device_id) =
        told.map_err(|cause| Refusal::of_producer(value, "__dlpack_device__", cause))?;
    Ok(DLDevice {
        device_type: DLDeviceType(device_type),
        device_id,
    })
}

/// Calls `__dlpack__` for a struct with a version, or without one where the producer knows no `max_version`.
fn call<'py>(value: &Bound<'py, PyAny>, stream: Option<isize>) -> PyResult<Bound<'py, PyAny>> {
    let py = value.py();
    let method = value.getattr(pyo3::intern!(py, "__dlpack__"))?;
    let keywords = PyDict::new(py);
    if let Some(stream) = stream {
        keywords.set_item(pyo3::intern!(py, "stream"), stream)?;
    }
    let version = (VERSION.major, VERSION.minor);
    keywords.set_item(pyo3::intern!(py, "max_version"), version)?;
    match method.call((), Some(&keywords)) {
        Err(error) if error.is_instance_of::<PyTypeError>(py) => {
            keywords.del_item(pyo3::intern!(py, "max_version"))?;
            method.call((), Some(&keywords))
        }
        called => called,
    }
}

/// Takes the struct out of a capsule, and marks the capsule as used.
fn take(value: &Bound<'_, PyAny>, capsule: &Bound<'_, PyAny>) -> Result<ManagedTensor, Refusal> {
    let no_capsule = || Problem::Capsule {
        of: type_name(value),
        got: type_name(capsule),
    };
    let capsule = capsule.cast::<PyCapsule>().map_err(|_| no_capsule())?;
    // One thread at a time, where threads run Python code at the same time: who sees the name of a fresh capsule takes its struct.
    with_critical_section(capsule, || take_once(value, capsule))
}

/// Takes the struct out of a capsule that no other thread looks at.
fn take_once(
    value: &Bound<'_, PyAny>,
    capsule: &Bound<'_, PyCapsule>,
) -> Result<ManagedTensor, Refusal> {
    let versioned = capsule.is_valid_checked(Some(VERSIONED_CAPSULE));
    let (name, used): (&'static CStr, &'static CStr) = match versioned {
        true => (VERSIONED_CAPSULE, USED_VERSIONED_CAPSULE),
        false => (CAPSULE, USED_CAPSULE),
    };
    let Ok(pointer) = capsule.pointer_checked(Some(name)) else {
        let name = capsule.name().ok().flatten();
        // SAFETY: the name is read before other code of Python runs, which could change it.
        let name = name.map(|name| unsafe { name.as_cstr() }.to_string_lossy().into_owned());
        return Err(Problem::CapsuleName {
            of: type_name(value),
            name: name.unwrap_or_default().chars().take(100).collect(),
        }
        .into());
    };
    // SAFETY: the object is a capsule, and the name is static.
    if unsafe { pyo3::ffi::PyCapsule_SetName(capsule.as_ptr(), used.as_ptr()) } != 0 {
        return Err(Refusal::Exception(PyErr::fetch(value.py())));
    }
    // SAFETY: a capsule of this name has such a struct, by the contract of DLPack. The capsule has it no longer, since its name says
    // that it is used.
    Ok(unsafe {
        match versioned {
            true => ManagedTensor::versioned(pointer.cast()),
            false => ManagedTensor::legacy(pointer.cast()),
        }
    })
}

/// The images of a tensor. `stream` is the one that orders memory of a GPU, if it is known.
fn pixels(
    fields: TensorFields,
    tensor: ManagedTensor,
    stream: Option<isize>,
    place: &Place<'_>,
) -> Result<(Pixels, bool), Refusal> {
    let owner = Owner::Tensor(Attached::new(tensor));
    let shape = fields.shape.as_slice();
    let sample = sample_type(&fields)?;
    let strides = byte_strides(&fields, sample)?;
    let axes = ImageAxes::find(shape, &strides[..shape.len()], place.axes)?;
    let first: NonNull<u8> = fields.first(sample.bytes())?;
    let array = Array {
        first: first.as_ptr(),
        sample,
        axes,
    };
    if let Some(layout) = array.in_place()? {
        // The memory ends before the end of all addresses.
        fields.first(layout.end().map_err(Problem::from)?)?;
    }
    let device = fields.tensor.device;
    let pixels = match device.device_type {
        DLDeviceType::CPU | DLDeviceType::CUDA_HOST => {
            // SAFETY: the struct has memory at the address of each element, by the contract of DLPack, until its deleter is called,
            // which the drop of the owner does. Producers initialize the memory of the tensors that they give away.
            unsafe { Pixels::of_array(array, owner) }?
        }
        _ => {
            let memory = Memory {
                array,
                device,
                stream,
            };
            // SAFETY: as above, in memory of the device; others use it in the producer's stream, or ordered by it.
            unsafe { on_gpu::pixels(memory, owner, place) }?
        }
    };
    Ok((pixels, !axes.is_batch))
}

/// The strides in bytes.
fn byte_strides(
    fields: &TensorFields,
    sample: SampleType,
) -> Result<[i64; MAX_DIMENSIONS], Problem> {
    let too_large = || Problem::TooLarge {
        shape: fields.shape.clone(),
    };
    let mut bytes = [0; MAX_DIMENSIONS];
    let mut gapless = 1i64;
    for (axis, &extent) in fields.shape.iter().enumerate().rev() {
        let stride = match &fields.strides {
            Some(strides) => strides[axis],
            None => gapless,
        };
        // Of an axis with one index it does not matter.
        let stride = if extent <= 1 { 0 } else { stride };
        bytes[axis] = stride
            .checked_mul(sample.bytes() as i64)
            .ok_or_else(too_large)?;
        if fields.strides.is_none() {
            gapless = gapless.checked_mul(extent).ok_or_else(too_large)?;
        }
    }
    Ok(bytes)
}

/// The sample type of the elements, with advice for types that are none.
fn sample_type(fields: &TensorFields) -> Result<SampleType, Problem> {
    const BOOL: DLDataTypeCode = DLDataTypeCode(6);
    let sample = fields.sample();
    // Numbers that a pipeline gives, and no operator on images takes; numbers of components, which arrays of NumPy cannot bring along either.
    let refused = match sample {
        Ok(SampleType::F64) => Some(("float64", "convert them to float32")),
        Ok(SampleType::I32) => Some(("int32", "convert them to uint8 or float32")),
        _ => None,
    };
    if let Some((name, advice)) = refused {
        let name = name.to_owned();
        return Err(Problem::Sample { name, advice });
    }
    sample.map_err(|error| {
        let DLDataType { code, bits, lanes } = fields.tensor.dtype;
        let (name, advice) = match (code, lanes) {
            (DLDataTypeCode::UINT, 1) => ("uint", "convert them to uint8 or float32"),
            (DLDataTypeCode::INT, 1) => ("int", "convert them to uint8 or float32"),
            (DLDataTypeCode::FLOAT, 1) => ("float", "convert them to float32"),
            (BOOL, 1) => {
                return Problem::Sample {
                    name: "bool".to_owned(),
                    advice: "make 0 and 255 of a mask, as uint8",
                };
            }
            _ => return error.into(),
        };
        Problem::Sample {
            name: format!("{name}{bits}"),
            advice,
        }
    })
}
