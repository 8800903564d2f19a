//! Operators and pipelines.

use crate::errors::Exception;
use pixelflume::pipeline::Pipeline;
use pyo3::prelude::*;

/// A checked pipeline: inputs, nodes with their operators, and outputs. It is immutable.
#[pyclass(frozen, module = "pixelflume._native")]
pub(crate) struct Graph {
    /// The pipeline. A clone costs a reference count.
    pub(crate) pipeline: Pipeline,
}

#[pymethods]
impl Graph {
    /// Reads a pipeline file's text.
    #[staticmethod]
    #[pyo3(signature = (text, name = "pipeline.toml"))]
    fn from_toml(text: &str, name: &str) -> PyResult<Self> {
        let pipeline = Pipeline::from_toml(text, name).map_err(Exception::from)?;
        Ok(Graph { pipeline })
    }
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Graph>()
}
