//! Arrays of the caller as places for outputs.
#![expect(unsafe_code, reason = "takes structs of DLPack out of capsules")]

use crate::errors::{Exception, Kind};
use pixelflume::device::{DeviceKind, Stream};
use pixelflume::graph::text::Shown;
use pixelflume::pipeline::dlpack::DlTensor;
use pixelflume::pipeline::dlpack::abi::{DLManagedTensor, DLManagedTensorVersioned};
use pyo3::exceptions::{PyAttributeError, PyBufferError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList, PyTuple};
use std::ptr::NonNull;

/// The places for the outputs of a call: the caller's arrays, and the same as tensors. Both are empty where the caller gave none.
#[derive(Default)]
pub(crate) struct Places {
    pub(crate) objects: Vec<Option<Py<PyAny>>>,
    pub(crate) tensors: Vec<Option<DlTensor>>,
}

impl Places {
    /// Reads the argument `out` of a call: an array for the only output, a list or tuple with an array or `None` for each output, or
    /// a dictionary by names.
    pub(crate) fn extract(
        out: Option<&Bound<'_, PyAny>>,
        names: &[String],
        stream: &Stream,
    ) -> PyResult<Places> {
        let Some(out) = out else {
            return Ok(Places::default());
        };
        let objects = objects_of(out, names)?;
        let mut places = Places::default();
        for (name, object) in names.iter().zip(objects) {
            let tensor = match &object {
                Some(object) => Some(tensor_of(object, name, stream)?),
                None => None,
            };
            places.tensors.push(tensor);
            places.objects.push(object.map(Bound::unbind));
        }
        Ok(places)
    }
}

/// The caller's array for each output.
fn objects_of<'py>(
    out: &Bound<'py, PyAny>,
    names: &[String],
) -> PyResult<Vec<Option<Bound<'py, PyAny>>>> {
    let wrong = |text: String| Err(Exception::new(Kind::Pipeline, text).into());
    if let Ok(by_name) = out.cast::<PyDict>() {
        for key in by_name.keys() {
            let key: String = key.extract()?;
            if !names.contains(&key) {
                let known = names.join(", ");
                return wrong(format!(
                    "out: there is no output \"{}\"; there are: {known}",
                    Shown(&key)
                ));
            }
        }
        let object = |name| {
            let object = by_name.get_item(name)?;
            Ok(object.filter(|object| !object.is_none()))
        };
        return names.iter().map(object).collect();
    }
    let list: Vec<Bound<'_, PyAny>> = match (out.cast::<PyList>(), out.cast::<PyTuple>()) {
        (Ok(list), _) => list.iter().collect(),
        (_, Ok(tuple)) => tuple.iter().collect(),
        _ => vec![out.clone()],
    };
    if list.len() != names.len() {
        let (expected, got) = (names.len(), list.len());
        let known = names.join(", ");
        return wrong(format!(
            "out: {got} place(s) for {expected} output(s) ({known}); give one for each, or a dictionary by name"
        ));
    }
    Ok(list
        .into_iter()
        .map(|object| (!object.is_none()).then_some(object))
        .collect())
}

/// An array as a tensor that can be written, in the order of `stream`.
fn tensor_of(object: &Bound<'_, PyAny>, name: &str, stream: &Stream) -> PyResult<DlTensor> {
    let refused = |text: String| {
        let text = format!("out: output \"{name}\": {text}");
        PyErr::from(Exception::new(Kind::Input, text).at_output(name))
    };
    let capsule = capsule_of(object, stream).map_err(|error| {
        let is_error = error.is_instance_of::<PyTypeError>(object.py())
            || error.is_instance_of::<PyAttributeError>(object.py())
            || error.is_instance_of::<PyBufferError>(object.py());
        match is_error {
            true => refused(format!("the array cannot be taken by DLPack: {error}")),
            false => error,
        }
    })?;
    let mut tensor = take(&capsule, stream)
        .map_err(|exception| refused(PyErr::from(exception).value(object.py()).to_string()))?;
    // Read-only arrays are refused here, before anything runs.
    if let Err(error) = tensor.output() {
        return Err(refused(error.to_string()));
    }
    Ok(tensor)
}

/// The capsule of an array, asked for in the newest version that the array knows.
fn capsule_of<'py>(object: &Bound<'py, PyAny>, stream: &Stream) -> PyResult<Bound<'py, PyCapsule>> {
    let py = object.py();
    let keywords = PyDict::new(py);
    if stream.device().kind() == DeviceKind::Cuda {
        let (kind, _): (i32, i32) = object.call_method0("__dlpack_device__")?.extract()?;
        let on_gpu = matches!(kind, 2 | 13);
        if let (true, Some(raw)) = (on_gpu, stream.raw()) {
            keywords.set_item("stream", raw.addr())?;
        }
    }
    keywords.set_item("max_version", (1, 3))?;
    let export = object.getattr("__dlpack__")?;
    let capsule = match export.call((), Some(&keywords)) {
        // Producers before DLPack 1.0 do not know the argument.
        Err(error) if error.is_instance_of::<PyTypeError>(py) => {
            keywords.del_item("max_version")?;
            export.call((), Some(&keywords))?
        }
        capsule => capsule?,
    };
    Ok(capsule.cast_into::<PyCapsule>()?)
}

/// Takes the struct out of a capsule, which is renamed as the protocol asks.
fn take(capsule: &Bound<'_, PyCapsule>, stream: &Stream) -> Result<DlTensor, Exception> {
    let rename = |name: &'static std::ffi::CStr| {
        // SAFETY: the object is a capsule, the interpreter is attached, and the name is static.
        unsafe { ffi::PyCapsule_SetName(capsule.as_ptr(), name.as_ptr()) };
    };
    if let Ok(pointer) = capsule.pointer_checked(Some(c"dltensor_versioned")) {
        rename(c"used_dltensor_versioned");
        let pointer: NonNull<DLManagedTensorVersioned> = pointer.cast();
        // SAFETY: a capsule of this name has such a struct, which belongs to who renames the capsule; its producer keeps the rules
        // of DLPack. The caller names the array as a place for results, and so uses it in no other way until it has them.
        return Ok(unsafe { DlTensor::from_dlpack(pointer, None, stream) }?);
    }
    match capsule.pointer_checked(Some(c"dltensor")) {
        Ok(pointer) => {
            rename(c"used_dltensor");
            let pointer: NonNull<DLManagedTensor> = pointer.cast();
            // SAFETY: as above.
            Ok(unsafe { DlTensor::from_dlpack_legacy(pointer, None, stream) }?)
        }
        Err(_) => Err(Exception::new(
            Kind::Input,
            "__dlpack__ gave a capsule of another name than \"dltensor_versioned\" or \"dltensor\"",
        )),
    }
}
