//! How many threads the process may use.

use pixelflume::device::{MAX_THREADS, default_threads, limit_threads};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// The number of threads that a device opened from now on computes with on the CPU, and that files are decoded with.
#[pyfunction]
fn get_num_threads() -> usize {
    default_threads()
}

/// Sets the number of threads. Devices that are open keep theirs, and so do the threads that decode files for a GPU once they have.
#[pyfunction]
#[pyo3(signature = (threads, /))]
fn set_num_threads(threads: usize) -> PyResult<()> {
    if !(1..=MAX_THREADS).contains(&threads) {
        return Err(PyValueError::new_err(format!(
            "the number of threads is 1 to {MAX_THREADS}; got {threads}"
        )));
    }
    limit_threads(threads);
    Ok(())
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(get_num_threads, module)?)?;
    module.add_function(wrap_pyfunction!(set_num_threads, module)?)
}
