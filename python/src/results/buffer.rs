//! The buffer protocol: tensors on the host as memory that Python reads and writes.
#![expect(unsafe_code, reason = "fills structs of the interpreter")]

use crate::results::export::dtype;
use crate::results::tensor::Tensor;
use pixelflume::device::DeviceKind;
use pixelflume::ops::SampleType;
use pyo3::exceptions::PyBufferError;
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{CStr, c_int};

/// What a view points to, freed with it.
struct Numbers {
    shape: [ffi::Py_ssize_t; 4],
    strides: [ffi::Py_ssize_t; 4],
}

/// Fills a view of a tensor on the host, which keeps the tensor.
///
/// # Safety
/// `view` is null, or points to a struct that can be written.
pub(crate) unsafe fn fill(
    tensor: Bound<'_, Tensor>,
    view: *mut ffi::Py_buffer,
    flags: c_int,
) -> PyResult<()> {
    if view.is_null() {
        return Err(PyBufferError::new_err("there is no view to fill"));
    }
    // SAFETY: the view can be written, as the caller promises. An error leaves no object in it.
    unsafe { (*view).obj = std::ptr::null_mut() };
    let this = tensor.get();
    if this.memory().stream().device().kind() != DeviceKind::Host {
        return Err(PyBufferError::new_err(
            "the tensor is on a GPU; use .numpy() for a copy, or .torch() or .cupy() where it is",
        ));
    }
    let sample = this.memory().sample();
    let format: &'static CStr = match (sample, this.is_bits()) {
        (SampleType::U8, _) => c"B",
        (SampleType::I16, _) => c"h",
        (SampleType::F16, _) => c"e",
        (SampleType::F32, _) => c"f",
        (SampleType::F64, _) => c"d",
        (SampleType::I32, _) => c"i",
        (SampleType::Bf16, true) => c"H",
        (sample, _) => {
            return Err(PyBufferError::new_err(format!(
                "buffers have no type for {}; use .torch(), or choose another dtype",
                dtype(sample)
            )));
        }
    };
    let (shape, strides) = (this.shape(), this.strides());
    let size = sample.bytes();
    let bytes = shape.iter().product::<usize>() * size;
    // Rows and images have no padding in memory of the pipeline's own, so that the order is row-major without gaps.
    let is_f = flags & ffi::PyBUF_F_CONTIGUOUS == ffi::PyBUF_F_CONTIGUOUS
        && flags & ffi::PyBUF_C_CONTIGUOUS != ffi::PyBUF_C_CONTIGUOUS
        && flags & ffi::PyBUF_ANY_CONTIGUOUS != ffi::PyBUF_ANY_CONTIGUOUS;
    if is_f && shape.iter().filter(|extent| **extent > 1).count() > 1 {
        return Err(PyBufferError::new_err("the tensor is in row-major order"));
    }
    let mut numbers = Box::new(Numbers {
        shape: [0; 4],
        strides: [0; 4],
    });
    for (axis, (extent, stride)) in shape.iter().zip(strides).enumerate() {
        // Of memory that there is, all numbers are below 2^63.
        numbers.shape[axis] = *extent as ffi::Py_ssize_t;
        numbers.strides[axis] = (stride * size) as ffi::Py_ssize_t;
    }
    let has = |flag: c_int| flags & flag == flag;
    let (address, dimensions) = (this.address(), shape.len());
    let numbers = Box::into_raw(numbers);
    // SAFETY: the view can be written. Shape and strides stay in the box until `release`; the format is static; the tensor, which
    // the view keeps, keeps its memory, in which there are as many bytes. The batch is complete: the host executes before it gives
    // tensors. Whoever writes to the memory while another library reads it has the race that two NumPy views of one array have.
    unsafe {
        (*view).buf = std::ptr::with_exposed_provenance_mut(address as usize);
        (*view).len = bytes as ffi::Py_ssize_t;
        (*view).readonly = 0;
        (*view).itemsize = size as ffi::Py_ssize_t;
        (*view).format = match has(ffi::PyBUF_FORMAT) {
            true => format.as_ptr().cast_mut(),
            false => std::ptr::null_mut(),
        };
        (*view).ndim = dimensions as c_int;
        (*view).shape = match has(ffi::PyBUF_ND) {
            true => (&raw mut (*numbers).shape).cast(),
            false => std::ptr::null_mut(),
        };
        (*view).strides = match has(ffi::PyBUF_STRIDES) {
            true => (&raw mut (*numbers).strides).cast(),
            false => std::ptr::null_mut(),
        };
        (*view).suboffsets = std::ptr::null_mut();
        (*view).internal = numbers.cast();
        (*view).obj = tensor.into_any().into_ptr();
    }
    Ok(())
}

/// Frees what [`fill`] allocated for a view.
///
/// # Safety
/// `view` was filled by [`fill`], and is released now.
pub(crate) unsafe fn release(view: *mut ffi::Py_buffer) {
    // SAFETY: the pointer is the box of `fill`, which is freed once, since the interpreter releases a view once.
    unsafe { drop(Box::from_raw((*view).internal.cast::<Numbers>())) };
}
