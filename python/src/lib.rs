//! The extension module `pixelflume._native`: the engine behind the Python package.

mod call;
mod codec;
mod device;
mod errors;
mod exit;
mod frames;
mod pipeline;
mod results;
mod stream;
mod threads;

use pyo3::prelude::*;

/// The module `pixelflume._native`. Each module adds its own classes and functions.
#[pymodule(gil_used = false)]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    errors::register(module)?;
    device::register(module)?;
    pipeline::register(module)?;
    call::register(module)?;
    results::register(module)?;
    codec::register(module)?;
    stream::register(module)?;
    exit::register(module)?;
    threads::register(module)?;
    Ok(())
}
