//! The Python function of a custom operator, called by workers of the host device.

use crate::exit::attached;
use crate::pipeline::shape::{shape_of, tuple_of};
use crate::pipeline::wrong;
use pixelflume::device::TaskFailure;
use pixelflume::ops::{CustomFrame, ImageShape, OperatorError};
use pixelflume::pipeline::NodeFailure;
use pixelflume::scheduler::FailureCause;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyTuple, PyWeakrefMethods, PyWeakrefReference};
use std::cell::Cell;

/// The function of a custom operator, by the Python object that describes the operator.
///
/// Plans and threads of the engine have it, where the garbage collector does not look, so the reference is a weak one: a function that
/// refers to its own pipeline is then collected with it. [`Definitions`] keep the object.
pub(crate) struct Function {
    kind: &'static str,
    definition: Py<PyWeakrefReference>,
}

impl Function {
    pub(crate) fn new(kind: &'static str, definition: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Function {
            kind,
            definition: PyWeakrefReference::new(definition)?.unbind(),
        })
    }

    /// The Python object that describes the operator.
    ///
    /// # Errors
    /// The pipeline was dropped while work of it went on, such as that of a call that Ctrl-C has ended.
    pub(crate) fn definition<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        self.definition.bind(py).upgrade().ok_or_else(|| {
            PyRuntimeError::new_err(format!(
                "{}: the pipeline of the custom operator was dropped; keep it until its work is done",
                self.kind
            ))
        })
    }

    /// The shape of the output for these inputs.
    pub(crate) fn shape(&self, inputs: &[ImageShape]) -> Result<ImageShape, OperatorError> {
        let refused = |error: PyErr| OperatorError::Shape {
            operator: self.kind,
            got: inputs[0],
            reason: error.to_string(),
        };
        let tuples = inputs.iter().copied().map(tuple_of);
        attached(|py| {
            let tuples = PyTuple::new(py, tuples)?;
            let shape = self.definition(py)?.call_method1("_shape_of", (tuples,));
            shape_of(&shape?)
        })
        .map_err(refused)
    }

    /// Calls the function for one image: copies of the inputs in, a copy of the result out.
    pub(crate) fn execute(&self, frame: &mut CustomFrame<'_>) -> Result<(), TaskFailure> {
        attached(|py| self.executed(py, frame)).map_err(TaskFailure::of)
    }

    fn executed(&self, py: Python<'_>, frame: &mut CustomFrame<'_>) -> PyResult<()> {
        // The function may keep what it is given longer than the memory of the images lives: it gets copies.
        let sources = (0..frame.inputs()).map(|input| {
            let shape = frame.input_shape(input);
            let copy = PyByteArray::new_with(py, shape.bytes(), |bytes| {
                let rows = bytes.chunks_exact_mut(shape.row_bytes());
                for (y, row) in rows.enumerate() {
                    row.copy_from_slice(frame.input_row(input, y));
                }
                Ok(())
            })?;
            Ok((copy, tuple_of(shape)))
        });
        let sources: Vec<_> = sources.collect::<PyResult<_>>()?;
        let shape = frame.output_shape();
        let arguments = (PyTuple::new(py, sources)?, tuple_of(shape));
        let definition = self.definition(py)?;
        let inside = Inside::enter();
        let result = definition.call_method1("_execute", arguments);
        drop(inside);
        let result = result?;
        let bytes = result.cast::<PyBytes>()?.as_bytes();
        if bytes.len() != shape.bytes() {
            return Err(wrong(format!(
                "{}: {} bytes for an image of {shape}, which has {}",
                self.kind,
                bytes.len(),
                shape.bytes()
            )));
        }
        let rows = bytes.chunks_exact(shape.row_bytes());
        for (y, row) in frame.rows().zip(rows) {
            frame.output_row(y).copy_from_slice(row);
        }
        Ok(())
    }
}

/// The Python exception because of which a node failed; `None` where it failed for another reason.
pub(crate) fn exception_of(py: Python<'_>, failure: &NodeFailure) -> Option<PyErr> {
    match &*failure.cause {
        FailureCause::Execution(task) => {
            let error = task.error()?.downcast_ref::<PyErr>();
            error.map(|error| error.clone_ref(py))
        }
        _ => None,
    }
}

thread_local! {
    /// Whether this thread is in the function of a custom operator.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// The time in which a thread is in the function of a custom operator.
struct Inside {
    before: bool,
}

impl Inside {
    fn enter() -> Self {
        Inside {
            before: INSIDE.replace(true),
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.set(self.before);
    }
}

/// Refuses to execute a pipeline from within the function of a custom operator: that holds a worker of the host device, and the
/// pipeline would wait for workers. If all waited, none would be left for the work that they wait for.
pub(crate) fn refuse_inside() -> PyResult<()> {
    match INSIDE.get() {
        false => Ok(()),
        true => Err(PyRuntimeError::new_err(
            "the function of a custom operator cannot execute a pipeline, since it occupies a worker that the pipeline may need; make the steps nodes of one pipeline",
        )),
    }
}
