//! The exceptions of the package, and which error of the engine becomes which.

mod mapping;

use pyo3::exceptions::{PyException, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

/// An exception class of the package.
#[derive(Copy, Clone, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// A parameter, a graph, or the shapes that meet in it are wrong.
    Pipeline,
    /// An image cannot be taken.
    Input,
    /// A file or its bytes cannot be decoded.
    Decode,
    /// A device is not there, failed, or has no memory.
    Device,
    /// A node failed while it ran.
    Node,
}

/// An exception that is not raised yet: made on any thread, with or without the interpreter.
#[derive(Clone, Debug)]
pub(crate) struct Exception {
    kind: Kind,
    text: String,
    node: Option<String>,
    output: Option<String>,
    image: Option<usize>,
}

impl Exception {
    /// An exception with this text, which says what to do.
    pub(crate) fn new(kind: Kind, text: impl Into<String>) -> Self {
        Exception {
            kind,
            text: text.into(),
            node: None,
            output: None,
            image: None,
        }
    }

    /// The same with the name of the node, its attribute `node`.
    pub(crate) fn at_node(mut self, node: &str) -> Self {
        self.node = Some(node.to_owned());
        self
    }

    /// The same with the name of the output that has no results, its attribute `output`.
    pub(crate) fn at_output(mut self, output: &str) -> Self {
        self.output = Some(output.to_owned());
        self
    }

    /// The same with the index of the image in its batch, its attribute `image`.
    pub(crate) fn at_image(mut self, image: usize) -> Self {
        self.image = Some(image);
        self
    }

    /// The index of the image in its batch.
    pub(crate) fn image(&self) -> Option<usize> {
        self.image
    }

    fn to_err(&self, py: Python<'_>) -> PyResult<PyErr> {
        let class = Classes::get(py)?.of(self.kind).bind(py);
        let value = class.call1((self.text.as_str(),))?;
        if let Some(node) = &self.node {
            value.setattr("node", node)?;
        }
        if let Some(output) = &self.output {
            value.setattr("output", output)?;
        }
        if let Some(image) = self.image {
            value.setattr("image", image)?;
        }
        Ok(PyErr::from_value(value))
    }
}

impl From<Exception> for PyErr {
    fn from(exception: Exception) -> PyErr {
        Python::attach(|py| exception.to_err(py).unwrap_or_else(|error| error))
    }
}

/// The classes, made once in an interpreter.
struct Classes {
    error: Py<PyType>,
    pipeline: Py<PyType>,
    input: Py<PyType>,
    decode: Py<PyType>,
    device: Py<PyType>,
    node: Py<PyType>,
}

static CLASSES: PyOnceLock<Classes> = PyOnceLock::new();

impl Classes {
    fn get(py: Python<'_>) -> PyResult<&Classes> {
        CLASSES.get_or_try_init(py, || Classes::new(py))
    }

    fn new(py: Python<'_>) -> PyResult<Classes> {
        let (exception, value, runtime) = (
            py.get_type::<PyException>(),
            py.get_type::<PyValueError>(),
            py.get_type::<PyRuntimeError>(),
        );
        // Attributes that an error does not set are `None`.
        let unset = PyDict::new(py);
        for name in ["node", "output", "image"] {
            unset.set_item(name, py.None())?;
        }
        let error = class(
            py,
            "Error",
            "An error of pixelflume: the base of all its exceptions.\n\n\
            `node`, `output` and `image` name the node, the output, and the index of the image in its batch\n\
            that the error is about; each is `None` where the error is about no single one.",
            &[&exception],
            Some(unset),
        )?;
        let base = error.bind(py);
        let input = class(
            py,
            "InputError",
            "An image cannot be taken; `image` is its index in the batch.",
            &[base, &value],
            None,
        )?;
        Ok(Classes {
            pipeline: class(
                py,
                "PipelineError",
                "A parameter, a graph, or the shapes that meet in it are wrong.",
                &[base, &value],
                None,
            )?,
            decode: class(
                py,
                "DecodeError",
                "An image file, or its bytes, cannot be decoded; `image` is its index in the batch.",
                &[input.bind(py)],
                None,
            )?,
            device: class(
                py,
                "DeviceError",
                "A device is not there, failed, or has no memory.",
                &[base, &runtime],
                None,
            )?,
            node: class(
                py,
                "NodeFailure",
                "A node failed while it ran; `node` is its name, `output` an output that depends on it.",
                &[base, &runtime],
                None,
            )?,
            input,
            error,
        })
    }

    fn of(&self, kind: Kind) -> &Py<PyType> {
        match kind {
            Kind::Pipeline => &self.pipeline,
            Kind::Input => &self.input,
            Kind::Decode => &self.decode,
            Kind::Device => &self.device,
            Kind::Node => &self.node,
        }
    }
}

/// Makes an exception class with these bases, as a `class` statement does.
fn class(
    py: Python<'_>,
    name: &str,
    doc: &str,
    bases: &[&Bound<'_, PyType>],
    body: Option<Bound<'_, PyDict>>,
) -> PyResult<Py<PyType>> {
    let body = body.unwrap_or_else(|| PyDict::new(py));
    body.set_item("__module__", "pixelflume")?;
    body.set_item("__doc__", doc)?;
    let bases = PyTuple::new(py, bases)?;
    let class = py.get_type::<PyType>().call1((name, bases, body))?;
    Ok(class.cast_into::<PyType>()?.unbind())
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let classes = Classes::get(py)?;
    module.add("Error", &classes.error)?;
    module.add("PipelineError", &classes.pipeline)?;
    module.add("InputError", &classes.input)?;
    module.add("DecodeError", &classes.decode)?;
    module.add("DeviceError", &classes.device)?;
    module.add("NodeFailure", &classes.node)
}
