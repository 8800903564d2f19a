//! Tensors for other libraries: capsules of DLPack, and the CUDA Array Interface.
#![expect(unsafe_code, reason = "puts structs of DLPack into capsules")]

use crate::device::{self, borrow_stream};
use crate::errors::{Exception, Kind};
use crate::results::tensor::Tensor;
use pixelflume::device::{DeviceKind, Stream};
use pixelflume::ops::SampleType;
use pixelflume::pipeline::dlpack::DlExport;
use pixelflume::pipeline::dlpack::abi::{
    CAPSULE, DLDeviceType, DLManagedTensor, DLManagedTensorVersioned, VERSIONED_CAPSULE,
};
use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict};
use std::sync::Arc;

/// The arguments of `__dlpack__`.
pub(crate) struct Request {
    /// The consumer's stream: 1 is the legacy default stream, 2 that of the thread, -1 means that nothing is to be ordered.
    pub(crate) stream: Option<isize>,
    pub(crate) max_version: Option<(u32, u32)>,
    pub(crate) dl_device: Option<(i32, i32)>,
    pub(crate) copy: Option<bool>,
}

/// Ordinary memory, as DLPack numbers devices.
const CPU: (i32, i32) = (DLDeviceType::CPU.0, 0);

/// The device of a tensor, as DLPack numbers devices.
pub(crate) fn dlpack_device(tensor: &Tensor) -> (i32, i32) {
    match tensor.memory().stream().device().ordinal() {
        // The driver counts devices with an `int`.
        Some(ordinal) => (DLDeviceType::CUDA.0, ordinal as i32),
        None => CPU,
    }
}

/// Makes a capsule with the tensor for another library.
pub(crate) fn capsule<'py>(
    py: Python<'py>,
    tensor: &Tensor,
    request: &Request,
) -> PyResult<Bound<'py, PyCapsule>> {
    let own = dlpack_device(tensor);
    let wanted = request.dl_device.unwrap_or(own);
    let export = if wanted == own {
        let consumer = consumer(tensor, request.stream)?;
        let (memory, frame) = (Arc::clone(tensor.memory()), tensor.frame());
        let is_host = own == CPU;
        if is_host || request.copy == Some(true) {
            tensor.completion().wait(py)?;
        }
        py.detach(move || match request.copy {
            Some(true) => {
                let frames = frame.map_or(0..memory.layout().batch(), |frame| frame..frame + 1);
                let copy = Arc::new(memory.copy_of(frames, memory.stream())?);
                let export = given(copy, frame.map(|_| 0), consumer.as_ref())?;
                Ok(export.marked_as_copy())
            }
            _ => given(memory, frame, consumer.as_ref()),
        })?
    } else if wanted == CPU && request.copy != Some(false) {
        tensor.completion().wait_for(py, tensor.output())?;
        let copied = py.detach(|| DlExport::copy_of(tensor.memory(), tensor.frame()));
        copied.map_err(Exception::from)?
    } else {
        let text = match wanted == CPU {
            true => "the tensor is on a GPU and cannot be given as ordinary memory without a copy",
            false => {
                "the tensor can be given away on its own device, or copied to the CPU (dl_device=(1, 0))"
            }
        };
        return Err(PyBufferError::new_err(text));
    };
    match request.max_version {
        Some((major, _)) if major >= 1 => versioned(py, export),
        _ => legacy(py, export),
    }
}

fn given(
    memory: Arc<pixelflume::pipeline::DeviceTensor>,
    frame: Option<usize>,
    consumer: Option<&Stream>,
) -> Result<DlExport, Exception> {
    Ok(match frame {
        Some(frame) => DlExport::tensor_image(memory, frame, consumer)?,
        None => DlExport::tensor(memory, consumer)?,
    })
}

/// The consumer's stream, which is to be ordered with the tensor.
fn consumer(tensor: &Tensor, stream: Option<isize>) -> PyResult<Option<Stream>> {
    let device = tensor.memory().stream().device();
    if device.kind() == DeviceKind::Host {
        return Ok(None);
    }
    let handle = match stream {
        Some(-1) => return Ok(None),
        Some(0) => {
            let text = "stream=0 is ambiguous; give 1 for the legacy default stream, or 2 for the default stream of the thread";
            return Err(Exception::new(Kind::Pipeline, text).into());
        }
        Some(handle) => handle,
        // The legacy default stream, as the protocol says.
        None => 1,
    };
    let opened = device::opened_of(device)?;
    Ok(Some(borrow_stream(opened, handle, None)?))
}

fn versioned(py: Python<'_>, export: DlExport) -> PyResult<Bound<'_, PyCapsule>> {
    let pointer = export.into_dlpack();
    // SAFETY: the pointer is the struct that the name promises. The destructor frees it only where nobody has taken it, and works on
    // any thread.
    let capsule = unsafe {
        PyCapsule::new_with_pointer_and_destructor(
            py,
            pointer.cast(),
            VERSIONED_CAPSULE,
            Some(free_versioned),
        )
    };
    capsule.inspect_err(|_| {
        // SAFETY: the struct was made above, and nothing else has it.
        unsafe { delete_versioned(pointer.as_ptr()) };
    })
}

fn legacy(py: Python<'_>, export: DlExport) -> PyResult<Bound<'_, PyCapsule>> {
    let pointer = export.into_dlpack_legacy();
    // SAFETY: as in `versioned`.
    let capsule = unsafe {
        PyCapsule::new_with_pointer_and_destructor(py, pointer.cast(), CAPSULE, Some(free_legacy))
    };
    capsule.inspect_err(|_| {
        // SAFETY: as in `versioned`.
        unsafe { delete_legacy(pointer.as_ptr()) };
    })
}

/// Frees the struct of a capsule that nobody took.
///
/// # Safety
/// `capsule` is a capsule of [`versioned`] that the interpreter frees.
unsafe extern "C" fn free_versioned(capsule: *mut ffi::PyObject) {
    // SAFETY: as the caller promises; who takes the struct renames the capsule, and then it is not valid by this name.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule, VERSIONED_CAPSULE.as_ptr()) == 1 {
            delete_versioned(ffi::PyCapsule_GetPointer(capsule, VERSIONED_CAPSULE.as_ptr()).cast());
        }
    }
}

/// Frees the struct of a capsule that nobody took.
///
/// # Safety
/// `capsule` is a capsule of [`legacy`] that the interpreter frees.
unsafe extern "C" fn free_legacy(capsule: *mut ffi::PyObject) {
    // SAFETY: as in `free_versioned`.
    unsafe {
        if ffi::PyCapsule_IsValid(capsule, CAPSULE.as_ptr()) == 1 {
            delete_legacy(ffi::PyCapsule_GetPointer(capsule, CAPSULE.as_ptr()).cast());
        }
    }
}

/// # Safety
/// `tensor` is of `DlExport::into_dlpack`, and used no more.
unsafe fn delete_versioned(tensor: *mut DLManagedTensorVersioned) {
    // SAFETY: promised by the caller.
    unsafe {
        if let Some(deleter) = (*tensor).deleter {
            deleter(tensor);
        }
    }
}

/// # Safety
/// `tensor` is of `DlExport::into_dlpack_legacy`, and used no more.
unsafe fn delete_legacy(tensor: *mut DLManagedTensor) {
    // SAFETY: promised by the caller.
    unsafe {
        if let Some(deleter) = (*tensor).deleter {
            deleter(tensor);
        }
    }
}

/// The name of a type of samples, as NumPy and torch have it.
pub(crate) fn dtype(sample: SampleType) -> &'static str {
    match sample {
        SampleType::U8 => "uint8",
        SampleType::I16 => "int16",
        SampleType::F16 => "float16",
        SampleType::Bf16 => "bfloat16",
        SampleType::F32 => "float32",
        SampleType::F64 => "float64",
        SampleType::I32 => "int32",
        _ => "unknown",
    }
}

/// The dictionary of the CUDA Array Interface, version 3, of a tensor on a GPU; `None` on the host.
pub(crate) fn cuda_array_interface<'py>(
    py: Python<'py>,
    tensor: &Tensor,
) -> PyResult<Option<Bound<'py, PyDict>>> {
    let memory = tensor.memory();
    let Some(raw) = memory.stream().raw() else {
        return Ok(None);
    };
    let typestr = match memory.sample() {
        SampleType::U8 => "|u1",
        SampleType::I16 => "<i2",
        SampleType::F16 => "<f2",
        SampleType::F32 => "<f4",
        SampleType::F64 => "<f8",
        SampleType::I32 => "<i4",
        sample => {
            let text = format!(
                "the CUDA Array Interface has no type for {}; use DLPack, for example torch.from_dlpack",
                dtype(sample)
            );
            return Err(Exception::new(Kind::Pipeline, text).into());
        }
    };
    let stream = match raw.addr() {
        // The number 0 is not allowed; 1 is the same stream.
        0 => 1,
        handle => handle,
    };
    let bytes = |stride: &usize| stride * memory.sample().bytes();
    let dict = PyDict::new(py);
    dict.set_item("shape", tensor.shape_tuple(py)?)?;
    dict.set_item("typestr", typestr)?;
    dict.set_item("data", (tensor.address(), false))?;
    let strides: Vec<usize> = tensor.strides().iter().map(bytes).collect();
    dict.set_item("strides", pyo3::types::PyTuple::new(py, strides)?)?;
    dict.set_item("version", 3)?;
    dict.set_item("stream", stream)?;
    Ok(Some(dict))
}
