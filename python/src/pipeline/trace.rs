//! `_native.Trace`: what executors did, with times.

use crate::errors::{Exception, Kind};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// A recording of what the executors did to which it was given.
#[pyclass(frozen, module = "pixelflume._native")]
pub(crate) struct Trace {
    /// The recording, which clones share.
    pub(crate) trace: pixelflume::scheduler::Trace,
}

#[pymethods]
impl Trace {
    #[new]
    fn new() -> Self {
        Trace {
            trace: pixelflume::scheduler::Trace::new(),
        }
    }

    /// The recording as the JSON text that Perfetto and Chrome read.
    fn chrome<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let text = py.detach(|| {
            let mut text = Vec::new();
            self.trace.write_chrome(&mut text).map(|()| text)
        });
        match text {
            Ok(text) => Ok(PyBytes::new(py, &text)),
            Err(error) => Err(Exception::new(Kind::Device, error.to_string()).into()),
        }
    }

    /// The number of events for which there was no room.
    #[getter]
    fn dropped(&self) -> u64 {
        self.trace.dropped()
    }
}
