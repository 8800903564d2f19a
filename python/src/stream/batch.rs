//! `_native.StreamBatch`: a batch of a stream.

use crate::results::Results;
use crate::results::batch::Batch;
use crate::stream::fault::Fault;
use pyo3::prelude::*;
use pyo3::types::PyList;

/// A batch of a stream: a `Batch` that knows where its images were in the source.
#[pyclass(frozen, extends = Batch, module = "pixelflume")]
pub(crate) struct StreamBatch {
    positions: Vec<u64>,
    left_out: Vec<(u64, Py<PyAny>)>,
}

impl StreamBatch {
    /// The results of a batch, with the positions of its images in the source, and the images that were left out.
    pub(super) fn new(
        py: Python<'_>,
        results: Results,
        positions: Vec<u64>,
        skipped: Vec<(u64, Fault)>,
    ) -> PyResult<Py<Self>> {
        let batch = StreamBatch {
            positions,
            left_out: exceptions(py, skipped),
        };
        let all = PyClassInitializer::from(Batch::new(results, Vec::new(), false));
        Py::new(py, all.add_subclass(batch))
    }
}

#[pymethods]
impl StreamBatch {
    /// The positions of the images in the source, counted from 0.
    #[getter]
    fn positions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, &self.positions)
    }

    /// Positions in the source, and exceptions, of images that were left out before and between those of the batch.
    #[getter]
    fn errors<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(
            py,
            self.left_out.iter().map(|(place, error)| (place, error)),
        )
    }
}

/// The exceptions of images that were left out.
pub(super) fn exceptions(py: Python<'_>, skipped: Vec<(u64, Fault)>) -> Vec<(u64, Py<PyAny>)> {
    let skipped = skipped.into_iter();
    skipped
        .map(|(place, fault)| (place, PyErr::from(fault).into_value(py).into_any()))
        .collect()
}
