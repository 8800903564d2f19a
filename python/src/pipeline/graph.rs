//! `_native.Graph`: a checked pipeline.

use crate::device;
use crate::pipeline::custom::Definitions;
use crate::pipeline::decoding::{self, DecodeTuple};
use crate::pipeline::describe;
use crate::pipeline::operator::Operator;
use crate::pipeline::shape::{ShapeTuple, shape_of, tuple_of};
use crate::pipeline::{refused, wrong};
use pixelflume::graph::text::Shown;
use pixelflume::ops::ImageShape;
use pixelflume::pipeline::{Pipeline, PipelineBuilder, Port};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

/// A checked pipeline: inputs, nodes with their operators, and outputs. It is immutable.
#[pyclass(frozen, module = "pixelflume._native")]
pub(crate) struct Graph {
    /// The pipeline. A clone costs a reference count.
    pub(crate) pipeline: Pipeline,
    definitions: Definitions,
}

/// A node as Python has it: its name, its operator, and the names of what it reads.
type NodeTuple<'py> = (String, Bound<'py, Operator>, Vec<String>);

impl Graph {
    /// A pipeline whose custom operators the caller keeps until then.
    pub(crate) fn of(py: Python<'_>, pipeline: Pipeline) -> PyResult<Self> {
        Ok(Graph {
            definitions: Definitions::of(py, &pipeline)?,
            pipeline,
        })
    }

    /// The shapes of the inputs, as Python gives them.
    fn input_shapes(&self, given: &[Bound<'_, PyAny>]) -> PyResult<Vec<ImageShape>> {
        given.iter().map(shape_of).collect()
    }

    fn operators(&self, py: Python<'_>) -> PyResult<Vec<Operator>> {
        let nodes = self.pipeline.nodes().iter();
        nodes
            .map(|node| Operator::of(py, node.operator()))
            .collect()
    }
}

#[pymethods]
impl Graph {
    /// Checks and connects nodes, which stand in any order; `outputs` are names of nodes, `decode` is how files are decoded.
    #[new]
    #[pyo3(signature = (name, inputs, nodes, outputs, fusion = true, decode = None))]
    fn new(
        py: Python<'_>,
        name: &str,
        inputs: Vec<String>,
        nodes: Vec<NodeTuple<'_>>,
        outputs: Vec<String>,
        fusion: bool,
        decode: Option<DecodeTuple>,
    ) -> PyResult<Self> {
        let mut builder = PipelineBuilder::new(name);
        builder.fusion(fusion);
        let mut ports: HashMap<&str, Port> = HashMap::new();
        for input in &inputs {
            let port = builder.input(input).map_err(refused)?;
            ports.insert(input, port);
        }
        for (name, operator, _) in &nodes {
            let operator = operator.get().operator().clone();
            let port = builder.add_boxed(name, operator).map_err(refused)?;
            ports.insert(name, port);
        }
        let port_of = |name: &str| {
            let port = ports.get(name).copied();
            port.ok_or_else(|| wrong(format!("there is no input or node {}", Shown(name))))
        };
        for (name, _, sources) in &nodes {
            for source in sources {
                let connected = builder.connect(port_of(source)?, port_of(name)?);
                connected.map_err(refused)?;
            }
        }
        for output in &outputs {
            let added = builder.output(port_of(output)?);
            added.map_err(refused)?;
        }
        let pipeline = builder.build().map_err(refused)?;
        let pipeline = match decode {
            Some(decode) => pipeline.with_decode_options(decoding::options_of(decode)?),
            None => pipeline,
        };
        Graph::of(py, pipeline)
    }

    /// Reads the text of a pipeline file; `name` stands in messages, and is the name of a pipeline whose text has none.
    #[staticmethod]
    #[pyo3(signature = (text, name = "pipeline"))]
    fn from_toml(py: Python<'_>, text: &str, name: &str) -> PyResult<Self> {
        Graph::of(py, Pipeline::from_toml(text, name).map_err(refused)?)
    }

    /// Reads a pipeline file.
    #[staticmethod]
    fn from_file(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let pipeline = py.detach(|| Pipeline::from_file(path));
        Graph::of(py, pipeline.map_err(refused)?)
    }

    /// The text of a pipeline file with the same pipeline.
    fn to_toml(&self) -> PyResult<String> {
        self.pipeline.to_toml().map_err(refused)
    }

    /// The name of the pipeline.
    #[getter]
    fn name(&self) -> &str {
        self.pipeline.name()
    }

    /// The names of the inputs, in order.
    #[getter]
    fn inputs(&self) -> Vec<&str> {
        self.pipeline.inputs().collect()
    }

    /// The names of the outputs, in order.
    #[getter]
    fn outputs(&self) -> Vec<&str> {
        self.pipeline.outputs().collect()
    }

    /// Whether nodes may be fused into one launch.
    #[getter]
    fn fusion(&self) -> bool {
        self.pipeline.fusion()
    }

    /// How files are decoded: `exif`, `color`, `allow_truncated` and `crop`.
    #[getter]
    fn decode(&self) -> DecodeTuple {
        decoding::tuple_of(self.pipeline.decode_options())
    }

    /// The nodes, each after those that it reads: name, operator, and names of what it reads.
    #[getter]
    fn nodes<'py>(&self, py: Python<'py>) -> PyResult<Vec<NodeTuple<'py>>> {
        let nodes = self.pipeline.nodes().iter().zip(self.operators(py)?);
        nodes
            .map(|(node, operator)| {
                let sources = node.sources().iter();
                let sources = sources.map(|&source| self.pipeline.source_name(source).to_owned());
                Ok((
                    node.name().to_owned(),
                    Bound::new(py, operator)?,
                    sources.collect(),
                ))
            })
            .collect()
    }

    /// The shape of every input and node for inputs of these shapes, by name.
    fn shapes(
        &self,
        py: Python<'_>,
        inputs: Vec<Bound<'_, PyAny>>,
    ) -> PyResult<Vec<(String, ShapeTuple)>> {
        let inputs = self.input_shapes(&inputs)?;
        // Without the GIL, which custom operators take.
        let shapes = py.detach(|| self.pipeline.infer(&inputs));
        let shapes = shapes.map_err(refused)?;
        let nodes = self.pipeline.nodes().iter().map(|node| node.name());
        let names = self.pipeline.inputs().chain(nodes).map(str::to_owned);
        let all = shapes.inputs.into_iter().chain(shapes.nodes);
        Ok(names.zip(all.map(tuple_of)).collect())
    }

    /// The description of the pipeline as JSON text, with shapes, fusion and memory where the shapes of the inputs are given.
    #[pyo3(signature = (inputs = None, device = None, batch = 64))]
    fn describe(
        &self,
        py: Python<'_>,
        inputs: Option<Vec<Bound<'_, PyAny>>>,
        device: Option<&Bound<'_, PyAny>>,
        batch: u32,
    ) -> PyResult<String> {
        let device = device::request(device)?;
        let inputs = inputs
            .map(|inputs| self.input_shapes(&inputs))
            .transpose()?;
        describe::json(py, &self.pipeline, inputs.as_deref(), device, batch)
    }

    /// The pipeline as Graphviz DOT, or as a Mermaid flowchart.
    fn draw(&self, mermaid: bool) -> String {
        match mermaid {
            true => self.pipeline.to_mermaid(None),
            false => self.pipeline.to_dot(None),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.definitions.traverse(&visit)
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Ok(other) = other.cast::<Graph>() else {
            return Ok(false);
        };
        let (mine, theirs) = (&self.pipeline, &other.get().pipeline);
        let nodes = |pipeline: &Pipeline| -> Vec<_> {
            let nodes = pipeline.nodes().iter();
            nodes
                .map(|node| (node.name().to_owned(), node.sources().to_vec()))
                .collect()
        };
        let is_alike = mine.name() == theirs.name()
            && mine.fusion() == theirs.fusion()
            && mine.decode_options() == theirs.decode_options()
            && mine.inputs().eq(theirs.inputs())
            && mine.output_nodes() == theirs.output_nodes()
            && nodes(mine) == nodes(theirs);
        if !is_alike {
            return Ok(false);
        }
        let theirs = other.get().operators(py)?;
        for (mine, theirs) in self.operators(py)?.iter().zip(&theirs) {
            if !mine.is_equal(py, theirs)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.pipeline.name().hash(&mut hasher);
        for node in self.pipeline.nodes() {
            node.name().hash(&mut hasher);
            node.operator().kind().hash(&mut hasher);
            node.sources().hash(&mut hasher);
        }
        hasher.finish()
    }
}
