//! Why an image or a batch of a stream has no result.

use crate::errors::{Exception, Kind};
use crate::frames::FrameError;
use pyo3::prelude::*;

/// An error that is kept until the caller asks for the batch in whose place it is. The threads of a stream make it without the
/// interpreter.
#[derive(Debug)]
pub(super) enum Fault {
    /// The source, or the look at a value of it, has raised an exception.
    Raised(PyErr),
    /// The image cannot be decoded.
    Frame(FrameError),
    /// The batch cannot be executed.
    Execution(Exception),
    /// Code that the thread has called has panicked.
    Panicked(String),
}

/// The exceptions of images that were left out.
pub(super) fn exceptions(py: Python<'_>, skipped: Vec<(u64, Fault)>) -> Vec<(u64, Py<PyAny>)> {
    let skipped = skipped.into_iter();
    skipped
        .map(|(place, fault)| (place, PyErr::from(fault).into_value(py).into_any()))
        .collect()
}

impl From<Fault> for PyErr {
    fn from(fault: Fault) -> PyErr {
        match fault {
            Fault::Raised(error) => error,
            Fault::Frame(error) => error.into(),
            Fault::Execution(error) => error.into(),
            Fault::Panicked(message) => {
                let text = format!("a thread of the stream panicked: {message}");
                Exception::new(Kind::Device, text).into()
            }
        }
    }
}
