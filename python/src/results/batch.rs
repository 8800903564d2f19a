//! `_native.Batch`: the results of one call.
#![expect(unsafe_code, reason = "fills structs of the buffer protocol")]

use crate::errors::{Exception, Kind};
use crate::exit::InPython;
use crate::results::buffer;
use crate::results::completion::Completion;
use crate::results::tensor::{CUPY, Function, JAX, NUMPY, TORCH, Tensor, convert, position};
use crate::results::{Images, Results};
use pyo3::exceptions::{PyAttributeError, PyBufferError, PyKeyError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyIterator, PyList, PyString, PyTuple};
use std::ffi::c_int;
use std::sync::Arc;

/// The results of one call, by the names of the outputs.
///
/// `batch["edges"]` is the `Tensor` of an output, or a list of a tensor for each image where its images have several sizes. Where
/// there is one output, a batch can be used like its tensor: `batch.torch()`, `batch.numpy()`, `batch[0]`, `numpy.asarray(batch)`.
/// An output that failed raises its `NodeFailure` when it is asked for; the others stay.
#[pyclass(frozen, subclass, module = "pixelflume", weakref)]
pub(crate) struct Batch {
    names: Arc<[String]>,
    /// The number of images.
    frames: usize,
    outputs: Vec<Output>,
    /// Whether one image without an axis of images was given, so that results have none either.
    is_single: bool,
    completion: Arc<Completion>,
}

/// The results of one output.
enum Output {
    Images(Images),
    /// The caller's own array.
    Given(Py<PyAny>),
}

impl Batch {
    /// The results of a call, and the caller's own places for some of them.
    pub(crate) fn new(results: Results, places: Vec<Option<Py<PyAny>>>, is_single: bool) -> Self {
        let mut places = places.into_iter();
        let outputs = results
            .images
            .into_iter()
            .map(|images| match places.next().flatten() {
                Some(object) => Output::Given(object),
                None => Output::Images(images),
            });
        Batch {
            outputs: outputs.collect(),
            names: results.names,
            frames: results.frames,
            is_single,
            completion: results.completion,
        }
    }

    /// Raises the first failure where all outputs are known to have failed.
    pub(crate) fn raise_if_all_failed(&self, py: Python<'_>) -> PyResult<()> {
        let mut first = None;
        for output in 0..self.outputs.len() {
            match (self.completion.failure(py, output), &first) {
                (None, _) => return Ok(()),
                (Some(failure), None) => first = Some(failure),
                _ => {}
            }
        }
        first.map_or(Ok(()), Err)
    }

    /// The only output.
    fn only(&self) -> PyResult<usize> {
        match self.outputs.len() {
            1 => Ok(0),
            _ => {
                let (names, first) = (self.names.join(", "), &self.names[0]);
                let text =
                    format!("the batch has the outputs {names}; name one: batch[\"{first}\"]");
                Err(Exception::new(Kind::Pipeline, text).into())
            }
        }
    }

    fn tensor(&self, images: &Images, output: usize, frame: Option<usize>) -> Option<Tensor> {
        let (memory, position) = match (images, frame) {
            (Images::Batch(memory), None) => (memory, self.is_single.then_some(0)),
            (Images::Batch(memory), Some(frame)) => (memory, Some(frame)),
            (Images::List(list), None) if self.is_single => {
                let (memory, position) = list.first()?;
                (memory, Some(*position))
            }
            (Images::List(list), Some(frame)) => {
                let (memory, position) = list.get(frame)?;
                (memory, Some(*position))
            }
            _ => return None,
        };
        let completion = Arc::clone(&self.completion);
        Some(Tensor::new(
            Arc::clone(memory),
            position,
            output,
            completion,
        ))
    }

    /// The results of an output: a tensor, a list of tensors, or the caller's own array.
    fn output<'py>(&self, py: Python<'py>, output: usize) -> PyResult<Bound<'py, PyAny>> {
        if let Some(failure) = self.completion.failure(py, output) {
            return Err(failure);
        }
        let images = match &self.outputs[output] {
            Output::Given(object) => return Ok(object.bind(py).clone()),
            Output::Images(images) => images,
        };
        if let Some(tensor) = self.tensor(images, output, None) {
            return Ok(Bound::new(py, tensor)?.into_any());
        }
        let all = (0..self.frames).filter_map(|frame| self.tensor(images, output, Some(frame)));
        let all: Vec<Bound<'_, Tensor>> = all
            .map(|tensor| Bound::new(py, tensor))
            .collect::<PyResult<_>>()?;
        Ok(PyList::new(py, all)?.into_any())
    }

    /// One image of an output.
    fn image<'py>(
        &self,
        py: Python<'py>,
        output: usize,
        frame: usize,
    ) -> PyResult<Bound<'py, PyAny>> {
        if let Some(failure) = self.completion.failure(py, output) {
            return Err(failure);
        }
        match &self.outputs[output] {
            Output::Given(object) if self.is_single => Ok(object.bind(py).clone()),
            Output::Given(object) => object.bind(py).get_item(frame),
            Output::Images(images) => {
                let tensor = self.tensor(images, output, Some(frame));
                let tensor =
                    tensor.ok_or_else(|| PyTypeError::new_err("the output has no images"))?;
                Ok(Bound::new(py, tensor)?.into_any())
            }
        }
    }

    /// The only output, converted: a list for images of several sizes.
    fn converted<'py>(
        &self,
        py: Python<'py>,
        function: &Function,
        name: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let only = self.output(py, self.only()?)?;
        match only.cast::<PyList>() {
            Ok(list) => {
                let all: Vec<Bound<'_, PyAny>> = list
                    .iter()
                    .map(|tensor| convert(&tensor, function, name))
                    .collect::<PyResult<_>>()?;
                Ok(PyList::new(py, all)?.into_any())
            }
            Err(_) => convert(&only, function, name),
        }
    }

    /// The only output as one tensor, for a protocol.
    fn one<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let only = self.output(py, self.only()?)?;
        match only.is_instance_of::<PyList>() {
            false => Ok(only),
            true => {
                let text = "the images have several sizes and are no one tensor; take each by itself: batch.images()";
                Err(Exception::new(Kind::Pipeline, text).into())
            }
        }
    }

    fn find(&self, name: &str) -> PyResult<usize> {
        let position = self.names.iter().position(|known| known == name);
        position.ok_or_else(|| {
            let known = self.names.join(", ");
            PyKeyError::new_err(format!("there is no output \"{name}\"; there are: {known}"))
        })
    }
}

#[pymethods]
impl Batch {
    /// The names of the outputs, in order.
    #[getter]
    fn outputs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.names.iter())
    }

    /// The images of an output, a tensor each; of the only output where none is named.
    #[pyo3(signature = (output=None))]
    fn images<'py>(&self, py: Python<'py>, output: Option<&str>) -> PyResult<Bound<'py, PyList>> {
        let output = match output {
            Some(name) => self.find(name)?,
            None => self.only()?,
        };
        let images: Vec<Bound<'_, PyAny>> = (0..self.frames)
            .map(|frame| self.image(py, output, frame))
            .collect::<PyResult<_>>()?;
        PyList::new(py, images)
    }

    /// Waits until all results are complete, and raises the first `NodeFailure`. On the host they are complete.
    fn wait(&self, py: Python<'_>) -> PyResult<()> {
        self.completion.wait(py)?;
        for output in 0..self.outputs.len() {
            self.completion.wait_for(py, output)?;
        }
        Ok(())
    }

    /// Whether all results are complete, so that `wait` does not wait.
    #[getter]
    fn is_ready(&self, py: Python<'_>) -> PyResult<bool> {
        Ok(py.detach(|| self.completion.is_ready())?)
    }

    /// The only output as a NumPy array; see `Tensor.numpy`. A list of arrays for images of several sizes.
    fn numpy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.converted(py, &NUMPY, "numpy")
    }

    /// The only output as a tensor of PyTorch; a list of tensors for images of several sizes.
    fn torch<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.converted(py, &TORCH, "torch")
    }

    /// The only output as an array of JAX; a list of arrays for images of several sizes.
    fn jax<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.converted(py, &JAX, "jax")
    }

    /// The only output, on a GPU, as an array of CuPy; a list of arrays for images of several sizes.
    fn cupy<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.converted(py, &CUPY, "cupy")
    }

    /// The extents of the only output; see `Tensor.shape`.
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.one(py)?.getattr("shape")
    }

    /// The type of the samples of the only output; see `Tensor.dtype`.
    #[getter]
    fn dtype<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.image(py, self.only()?, 0)?.getattr("dtype")
    }

    /// The device of the only output; see `Tensor.device`.
    #[getter]
    fn device<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.image(py, self.only()?, 0)?.getattr("device")
    }

    /// The only output for a library that knows DLPack; see `Tensor.__dlpack__`.
    #[pyo3(signature = (*, stream=None, max_version=None, dl_device=None, copy=None))]
    fn __dlpack__<'py>(
        &self,
        py: Python<'py>,
        stream: Option<isize>,
        max_version: Option<(u32, u32)>,
        dl_device: Option<(i32, i32)>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let arguments = PyDict::new(py);
        arguments.set_item("stream", stream)?;
        arguments.set_item("max_version", max_version)?;
        arguments.set_item("dl_device", dl_device)?;
        arguments.set_item("copy", copy)?;
        self.one(py)?
            .call_method("__dlpack__", (), Some(&arguments))
    }

    /// The device of the only output, as DLPack numbers it.
    fn __dlpack_device__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.one(py)?.call_method0("__dlpack_device__")
    }

    /// The dictionary of the CUDA Array Interface of the only output, on a GPU.
    #[getter]
    fn __cuda_array_interface__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        // Who looks whether there is the attribute expects no other error.
        let one = self
            .one(py)
            .map_err(|error| PyAttributeError::new_err(error.to_string()))?;
        one.getattr("__cuda_array_interface__")
    }

    /// The only output as a NumPy array, for `numpy.asarray` and functions of NumPy.
    #[pyo3(signature = (dtype=None, copy=None))]
    fn __array__<'py>(
        &self,
        py: Python<'py>,
        dtype: Option<Bound<'py, PyAny>>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let _inside = InPython::enter()?;
        let module = py.import("pixelflume._tensor")?;
        module.getattr("array")?.call1((self.one(py)?, dtype, copy))
    }

    /// The number of images.
    fn __len__(&self) -> usize {
        self.frames
    }

    /// The results of the output with this name, or the image with this index of the only output.
    fn __getitem__<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        if let Ok(name) = key.cast::<PyString>() {
            return self.output(py, self.find(&name.to_cow()?)?);
        }
        let index: isize = key.extract().map_err(|_| {
            PyTypeError::new_err(
                "a batch is indexed by the name of an output, or by the index of an image; use .numpy() or .torch() for slices",
            )
        })?;
        self.image(py, self.only()?, position(index, self.frames)?)
    }

    fn __contains__(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// The images of the only output.
    fn __iter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyIterator>> {
        self.images(py, None)?.try_iter()
    }

    fn __repr__(&self, py: Python<'_>) -> String {
        let output = |index: usize| match self.output(py, index) {
            Err(error) => format!(
                "<{}>",
                error
                    .get_type(py)
                    .name()
                    .map_or_else(|_| "failed".to_owned(), |name| name.to_string())
            ),
            Ok(result) => match result.cast::<PyList>() {
                Ok(list) => format!("<{} images of several sizes>", list.len()),
                Err(_) => result
                    .repr()
                    .map_or_else(|_| "<array>".to_owned(), |text| text.to_string()),
            },
        };
        let outputs: Vec<String> = self
            .names
            .iter()
            .enumerate()
            .map(|(index, name)| format!("{name}={}", output(index)))
            .collect();
        format!("Batch({})", outputs.join(", "))
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        let one = slf.get().one(slf.py());
        let one = one.map_err(|error| PyBufferError::new_err(error.to_string()))?;
        let Ok(tensor) = one.cast_into::<Tensor>() else {
            return Err(PyBufferError::new_err(
                "the results are in an array of the caller's",
            ));
        };
        // SAFETY: the interpreter gives a view to be filled. It is released by its object, the tensor.
        unsafe { buffer::fill(tensor, view, flags) }
    }
}
