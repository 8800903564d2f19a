//! `_native.StreamBatch`: a batch of a stream.

use crate::results::Results;
use crate::results::batch::Batch;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyList;

/// Where the images of a batch come from.
#[derive(Default)]
pub(super) struct Positions {
    /// Their positions in the source.
    pub(super) positions: Vec<u64>,
    /// The number of the pass.
    pub(super) epoch: u64,
    /// Their paths or keys, and their labels; none where the stream has none.
    pub(super) keys: Vec<Option<String>>,
    pub(super) labels: Vec<Py<PyAny>>,
}

/// A batch of a stream: a `Batch` that knows where its images were in the source.
#[pyclass(frozen, extends = Batch, module = "pixelflume")]
pub(crate) struct StreamBatch {
    of: Positions,
    left_out: Vec<(u64, Py<PyAny>)>,
}

impl StreamBatch {
    /// The results of a batch, with the positions of its images in the source, and the images that were left out.
    pub(super) fn new(
        py: Python<'_>,
        results: Results,
        of: Positions,
        left_out: Vec<(u64, Py<PyAny>)>,
    ) -> PyResult<Py<Self>> {
        let batch = StreamBatch { of, left_out };
        let all = PyClassInitializer::from(Batch::new(results, Vec::new(), false));
        Py::new(py, all.add_subclass(batch))
    }
}

#[pymethods]
impl StreamBatch {
    /// The positions of the images in the source, counted from 0.
    #[getter]
    fn positions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, &self.of.positions)
    }

    /// The number of the pass over the source that the images belong to.
    #[getter]
    fn epoch(&self) -> u64 {
        self.of.epoch
    }

    /// The path or the key in its shard of each image; `None` of an image that has none.
    #[getter]
    fn keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, &self.of.keys)
    }

    /// The label of each image: what stood behind it in a pair `(image, label)`, a dictionary of the other files of its sample in a
    /// shard, or `None`.
    #[getter]
    fn labels<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(py, &self.of.labels)
    }

    /// Positions in the source, and exceptions, of images that were left out before and between those of the batch.
    #[getter]
    fn errors<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        PyList::new(
            py,
            self.left_out.iter().map(|(place, error)| (place, error)),
        )
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let mut held = self
            .of
            .labels
            .iter()
            .chain(self.left_out.iter().map(|(_, error)| error));
        held.try_for_each(|object| visit.call(object))
    }
}
