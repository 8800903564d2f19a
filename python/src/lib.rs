//! The extension module `pixelflume._native`: the engine behind the Python package.

use pyo3::prelude::*;

/// The module `pixelflume._native`. Each file adds its own classes and functions.
#[pymodule(gil_used = false)]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    Ok(())
}
