//! `_native.Stream`: batches of an endless source, in order.
//!
//! A thread of Python reads the source and pushes its images; threads of the stream decode them ([`workers`]); one thread collects
//! decoded images into batches and executes these ([`executor`]); the caller takes the results. Between them is the [`flow`], which
//! bounds how far the source is read.

mod batch;
mod class;
mod collect;
mod executor;
mod fault;
mod flow;
mod settings;
mod workers;

use pyo3::prelude::*;

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<batch::StreamBatch>()?;
    module.add_class::<settings::StreamSettings>()?;
    module.add_class::<class::Stream>()
}
