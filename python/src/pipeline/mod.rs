//! Operators and pipelines.

pub(crate) mod custom;
mod decoding;
mod describe;
pub(crate) mod function;
mod graph;
mod kernel;
mod names;
mod operator;
mod processor;
pub(crate) mod shape;
pub(crate) mod trace;
mod value;

pub(crate) use graph::Graph;

use crate::errors::{Exception, Kind};
use pyo3::prelude::*;

/// The exception of an error of the engine.
fn refused(error: impl Into<Exception>) -> PyErr {
    error.into().into()
}

/// The exception for a wrong parameter, graph or shape.
fn wrong(text: impl Into<String>) -> PyErr {
    Exception::new(Kind::Pipeline, text).into()
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<graph::Graph>()?;
    module.add_class::<operator::Operator>()?;
    module.add_class::<processor::Processor>()?;
    module.add_class::<trace::Trace>()?;
    Ok(())
}
