//! `_native.Tensor`: images in device memory, for any library.
#![expect(
    unsafe_code,
    reason = "fills structs of the buffer protocol, and writes to buffers"
)]

use crate::device;
use crate::errors::Exception;
use crate::exit::InPython;
use crate::results::buffer;
use crate::results::completion::Completion;
use crate::results::export::{self, Request};
use pixelflume::device::Address;
use pixelflume::pipeline::DeviceTensor;
use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyAttributeError, PyBufferError, PyIndexError, PyTypeError};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyCapsule, PyDict, PyString, PyTuple};
use std::ffi::c_int;
use std::slice;
use std::sync::Arc;

/// Images of one size, or one image, in the memory of a device.
///
/// Any library that knows DLPack, the CUDA Array Interface or buffers can use it, without a copy and any number of times:
/// `torch.from_dlpack(tensor)`, `numpy.asarray(tensor)`, `cupy.from_dlpack(tensor)`. The memory goes back to its pool when nobody uses
/// it any more, behind the work of all who used it. It outlives the pipeline.
#[pyclass(frozen, module = "pixelflume", weakref)]
pub(crate) struct Tensor {
    memory: Arc<DeviceTensor>,
    /// The one image of the memory that this is.
    frame: Option<usize>,
    /// Whether buffers show the bits of samples as whole numbers.
    bits: bool,
    /// The index of the output among those of the pipeline.
    output: usize,
    completion: Arc<Completion>,
}

impl Tensor {
    /// All images of a tensor, or the one with the index `frame`.
    pub(crate) fn new(
        memory: Arc<DeviceTensor>,
        frame: Option<usize>,
        output: usize,
        completion: Arc<Completion>,
    ) -> Self {
        Tensor {
            memory,
            frame,
            bits: false,
            output,
            completion,
        }
    }

    pub(crate) fn memory(&self) -> &Arc<DeviceTensor> {
        &self.memory
    }

    pub(crate) fn frame(&self) -> Option<usize> {
        self.frame
    }

    pub(crate) fn is_bits(&self) -> bool {
        self.bits
    }

    pub(crate) fn output(&self) -> usize {
        self.output
    }

    pub(crate) fn completion(&self) -> &Completion {
        &self.completion
    }

    /// The extents of the axes.
    pub(crate) fn shape(&self) -> Vec<usize> {
        self.axes(self.memory.shape())
    }

    /// The samples from one index of each axis to the next.
    pub(crate) fn strides(&self) -> Vec<usize> {
        self.axes(self.memory.strides())
    }

    fn axes(&self, all: [usize; 4]) -> Vec<usize> {
        let left_out = usize::from(self.frame.is_some());
        all[left_out..].to_vec()
    }

    /// The address of the first sample.
    pub(crate) fn address(&self) -> u64 {
        let stride = self.memory.layout().batch_stride();
        let offset = self.frame.map_or(0, |frame| frame * stride);
        self.memory.address().offset(offset).raw()
    }

    pub(crate) fn shape_tuple<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.shape())
    }

    /// The image of an index, of a batch.
    fn image(&self, frame: usize) -> Tensor {
        Tensor {
            memory: Arc::clone(&self.memory),
            frame: Some(frame),
            bits: self.bits,
            output: self.output,
            completion: Arc::clone(&self.completion),
        }
    }

    /// The number of images, of a batch.
    fn images(&self) -> PyResult<usize> {
        match self.frame {
            None => Ok(self.memory.layout().batch()),
            Some(_) => Err(PyTypeError::new_err(
                "a tensor of one image has no images to count or to index; use .numpy() for its rows",
            )),
        }
    }
}

#[pymethods]
impl Tensor {
    /// The extents of the axes: (images, rows, columns, channels), or (images, channels, rows, columns) for planar images; without
    /// the first for one image.
    #[getter(shape)]
    fn shape_py<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        self.shape_tuple(py)
    }

    /// The type of the samples: "uint8", "int16", "float16", "bfloat16", "float32", "float64" or "int32".
    #[getter]
    fn dtype(&self) -> &'static str {
        export::dtype(self.memory.sample())
    }

    /// The device of the memory: "host", or for example "cuda:0".
    #[getter]
    fn device(&self) -> String {
        device::name(self.memory.stream().device())
    }

    /// The number of axes: 4, or 3 for one image.
    #[getter]
    fn ndim(&self) -> usize {
        4 - usize::from(self.frame.is_some())
    }

    /// Bytes of the samples.
    #[getter]
    fn nbytes(&self) -> usize {
        self.shape().iter().product::<usize>() * self.memory.sample().bytes()
    }

    /// Waits until the images are complete, and raises `NodeFailure` where they failed. On the host they are complete.
    fn wait(&self, py: Python<'_>) -> PyResult<()> {
        self.completion.wait_for(py, self.output)
    }

    /// The tensor as a NumPy array: the same memory on the host, a copy of a tensor on a GPU.
    fn numpy<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        convert(slf.as_any(), &NUMPY, "numpy")
    }

    /// The tensor as a tensor of PyTorch, in the same memory.
    fn torch<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        convert(slf.as_any(), &TORCH, "torch")
    }

    /// The tensor as an array of JAX, in the same memory where JAX has a backend for the device.
    fn jax<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        convert(slf.as_any(), &JAX, "jax")
    }

    /// The tensor, on a GPU, as an array of CuPy, in the same memory.
    fn cupy<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        convert(slf.as_any(), &CUPY, "cupy")
    }

    /// The tensor for a library that knows DLPack. `stream` is the consumer's: work in it comes behind the results.
    #[pyo3(signature = (*, stream=None, max_version=None, dl_device=None, copy=None))]
    fn __dlpack__<'py>(
        &self,
        py: Python<'py>,
        stream: Option<isize>,
        max_version: Option<(u32, u32)>,
        dl_device: Option<(i32, i32)>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let request = Request {
            stream,
            max_version,
            dl_device,
            copy,
        };
        export::capsule(py, self, &request)
    }

    /// The device as DLPack numbers it: (1, 0) for the host, (2, index) for a GPU.
    fn __dlpack_device__(&self) -> (i32, i32) {
        export::dlpack_device(self)
    }

    /// The dictionary of the CUDA Array Interface, version 3. Tensors on the host do not have it.
    #[getter]
    fn __cuda_array_interface__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let interface = export::cuda_array_interface(py, self)?;
        interface.ok_or_else(|| {
            PyAttributeError::new_err("a tensor on the host has no __cuda_array_interface__")
        })
    }

    /// The tensor as a NumPy array, for `numpy.asarray` and functions of NumPy.
    #[pyo3(signature = (dtype=None, copy=None))]
    fn __array__<'py>(
        slf: &Bound<'py, Self>,
        dtype: Option<Bound<'py, PyAny>>,
        copy: Option<bool>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let _inside = InPython::enter()?;
        let module = slf.py().import("pixelflume._tensor")?;
        module.getattr("array")?.call1((slf, dtype, copy))
    }

    /// Copies the samples in row-major order to a buffer of as many bytes, which nobody else uses meanwhile.
    fn _read_into(&self, py: Python<'_>, target: &Bound<'_, PyAny>) -> PyResult<()> {
        let buffer = PyBuffer::<u8>::get(target)?;
        if buffer.readonly() || !buffer.is_c_contiguous() {
            return Err(PyBufferError::new_err(
                "the samples are copied to bytes that follow one another and can be written",
            ));
        }
        let (first, len) = (
            Address::from_ptr(buffer.buf_ptr().cast::<u8>()),
            buffer.len_bytes(),
        );
        self.completion.wait_for(py, self.output)?;
        let read = py.detach(|| {
            let frames = match self.frame {
                Some(frame) => frame..frame + 1,
                None => 0..self.memory.layout().batch(),
            };
            // SAFETY: a buffer that is contiguous and not read-only is memory of its length, which stays until the drop of `buffer`, below.
            // Its bytes are initialized, as those of every exporter's (of NumPy's `empty` too: they have some value). The function of
            // `_tensor.py`, the one caller of this private method, has just made the array, and nobody else has it.
            let target = unsafe { slice::from_raw_parts_mut(first.as_ptr::<u8>(), len) };
            self.memory.read(frames, target)
        });
        drop(buffer);
        Ok(read.map_err(Exception::from)?)
    }

    /// The same tensor, whose buffers show samples of 16 bits without a type in NumPy as whole numbers.
    fn _bits(&self) -> Tensor {
        Tensor {
            memory: Arc::clone(&self.memory),
            frame: self.frame,
            bits: true,
            output: self.output,
            completion: Arc::clone(&self.completion),
        }
    }

    fn __len__(&self) -> PyResult<usize> {
        self.images()
    }

    /// The image of this index; a negative one counts from the end.
    fn __getitem__(&self, index: &Bound<'_, PyAny>) -> PyResult<Tensor> {
        let count = self.images()?;
        let index = index.extract().map_err(|_| {
            PyTypeError::new_err(
                "a tensor is indexed by the index of an image; use .numpy() or .torch() for slices",
            )
        })?;
        Ok(self.image(position(index, count)?))
    }

    fn __repr__(&self) -> String {
        let shape: Vec<String> = self.shape().iter().map(usize::to_string).collect();
        let (dtype, device) = (self.dtype(), self.device());
        format!(
            "Tensor(shape=({}), dtype={dtype}, device={device:?})",
            shape.join(", ")
        )
    }

    unsafe fn __getbuffer__(
        slf: Bound<'_, Self>,
        view: *mut ffi::Py_buffer,
        flags: c_int,
    ) -> PyResult<()> {
        // SAFETY: the interpreter gives a view to be filled.
        unsafe { buffer::fill(slf, view, flags) }
    }

    unsafe fn __releasebuffer__(&self, view: *mut ffi::Py_buffer) {
        // SAFETY: the interpreter releases a view that `__getbuffer__` has filled.
        unsafe { buffer::release(view) };
    }
}

/// The position of an index among `count`; a negative one counts from the end.
pub(crate) fn position(index: isize, count: usize) -> PyResult<usize> {
    let position = match index < 0 {
        true => count.checked_sub(index.unsigned_abs()),
        false => Some(index.unsigned_abs()),
    };
    position
        .filter(|position| *position < count)
        .ok_or_else(|| {
            PyIndexError::new_err(format!(
                "index {index} is out of range: there are {count} image(s)"
            ))
        })
}

/// A function of `pixelflume._tensor`, looked up once.
pub(crate) type Function = PyOnceLock<Py<PyAny>>;

pub(crate) static NUMPY: Function = PyOnceLock::new();
pub(crate) static TORCH: Function = PyOnceLock::new();
pub(crate) static JAX: Function = PyOnceLock::new();
pub(crate) static CUPY: Function = PyOnceLock::new();

/// Calls a function of `pixelflume._tensor` with a tensor.
pub(crate) fn convert<'py>(
    tensor: &Bound<'py, PyAny>,
    function: &Function,
    name: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let _inside = InPython::enter()?;
    let py = tensor.py();
    let function = function.get_or_try_init(py, || {
        let module = py.import("pixelflume._tensor")?;
        let function = module.getattr(PyString::new(py, name))?;
        Ok::<_, PyErr>(function.unbind())
    })?;
    function.bind(py).call1((tensor,))
}
