//! `_native.Processor`: a pipeline that prepares images for a model, and what it equals.

use crate::pipeline::Graph;
use crate::pipeline::{refused, wrong};
use pixelflume::graph::text::Shown;
use pixelflume::ops::{Layout, SampleType};
use pixelflume::pipeline::processor::Backend;
use pyo3::prelude::*;

/// A processor with its settings. It is immutable.
#[pyclass(frozen, module = "pixelflume._native")]
pub(crate) struct Processor {
    processor: pixelflume::pipeline::Processor,
}

#[pymethods]
impl Processor {
    /// Makes a processor of a JSON text (`is_json`) or of a name.
    #[new]
    #[pyo3(signature = (source, is_json, class_name = None, backend = None, dtype = None, layout = None))]
    fn new(
        source: &str,
        is_json: bool,
        class_name: Option<&str>,
        backend: Option<&str>,
        dtype: Option<&str>,
        layout: Option<&str>,
    ) -> PyResult<Self> {
        use pixelflume::pipeline::Processor as Native;
        let mut processor = match (is_json, class_name) {
            (true, Some(class)) => Native::from_json_of_class(source, class),
            (true, None) => Native::from_json(source),
            (false, None) => Native::named(source),
            (false, Some(_)) => {
                return Err(wrong(format!(
                    "class_name is for files, and \"{}\" is the name of a processor; leave class_name out",
                    Shown(source)
                )));
            }
        }
        .map_err(refused)?;
        if let Some(name) = backend {
            let backend: Backend = name
                .parse()
                .map_err(|error| wrong(format!("backend \"{}\": {error}", Shown(name))))?;
            processor = processor.backend(backend).map_err(refused)?;
        }
        if let Some(name) = dtype {
            let sample = match name {
                "f32" => SampleType::F32,
                "f16" => SampleType::F16,
                "bf16" => SampleType::Bf16,
                _ => return Err(wrong("the dtype of a processor is f32, f16 or bf16")),
            };
            processor = processor.sample(sample).map_err(refused)?;
        }
        if let Some(name) = layout {
            let layout = match name {
                "chw" => Layout::Planar,
                "hwc" => Layout::Interleaved,
                _ => return Err(wrong("the layout of a processor is chw or hwc")),
            };
            processor = processor.layout(layout).map_err(refused)?;
        }
        Ok(Processor { processor })
    }

    /// The names of all processors.
    #[staticmethod]
    fn names() -> Vec<&'static str> {
        pixelflume::pipeline::Processor::names().collect()
    }

    /// The pipeline.
    #[getter]
    fn graph(&self, py: Python<'_>) -> PyResult<Graph> {
        Graph::of(py, self.processor.pipeline().clone())
    }

    /// The name, or for a JSON text its type.
    #[getter]
    fn name(&self) -> &str {
        self.processor.name()
    }

    /// The library, version and backend whose results the processor equals.
    #[getter]
    fn equals(&self) -> String {
        self.processor.equals().to_string()
    }

    /// The text of the pipeline file, with what the pipeline equals in comments.
    fn to_toml(&self) -> PyResult<String> {
        self.processor.to_toml().map_err(refused)
    }

    /// Rows and columns of patches or tiles of an image; `None` for processors without them.
    fn grid(&self, height: u32, width: u32) -> PyResult<Option<(u32, u32)>> {
        let grid = self.processor.grid(width, height).map_err(refused)?;
        Ok(grid.map(|grid| (grid.rows, grid.columns)))
    }
}
