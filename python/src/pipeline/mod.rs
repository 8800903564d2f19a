//! Operators and pipelines.

mod custom;
mod describe;
pub(crate) mod function;
mod graph;
mod kernel;
mod names;
mod operator;
mod processor;
mod shape;
mod value;

pub(crate) use graph::Graph;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use std::error::Error;

/// The exception of an error of a pipeline.
fn refused(error: impl Error) -> PyErr {
    wrong(error.to_string())
}

/// The exception for a wrong parameter, graph or shape.
fn wrong(text: impl Into<String>) -> PyErr {
    PyValueError::new_err(text.into())
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<graph::Graph>()?;
    module.add_class::<operator::Operator>()?;
    module.add_class::<processor::Processor>()?;
    module.add_function(wrap_pyfunction!(function::close_custom_operators, module)?)?;
    module.add_function(wrap_pyfunction!(function::forget_custom_operators, module)?)?;
    Ok(())
}
