//! Custom operators of Python: a function for the host device, a CUDA kernel as PTX, or both, as one operator.

use crate::pipeline::function::Function;
use crate::pipeline::kernel::Kernel;
use crate::pipeline::names::kept;
use crate::pipeline::refused;
use pixelflume::ops::{Custom, ImageShape, Operator, OperatorError, Plan};
use pixelflume::pipeline::Pipeline;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use std::any::Any;
use std::fmt;
use std::sync::Arc;

/// A custom operator: what the engine executes, and the Python object that describes it.
pub(crate) struct CustomOperator {
    custom: Custom,
    function: Arc<Function>,
}

impl CustomOperator {
    /// The operator that a `pixelflume.CustomOperator` describes.
    pub(crate) fn new(definition: &Bound<'_, PyAny>) -> PyResult<Self> {
        let kind = kept(&definition.getattr("kind")?.extract::<String>()?)?;
        let inputs: usize = definition.getattr("inputs")?.extract()?;
        let function = Arc::new(Function::new(kind, definition)?);
        let custom = Custom::new(kind, inputs).map_err(refused)?;
        let mut custom = match definition.getattr("shape")?.is_none() {
            true => custom,
            false => {
                let function = Arc::clone(&function);
                custom.output(move |inputs| function.shape(inputs))
            }
        };
        if !definition.getattr("function")?.is_none() {
            let function = Arc::clone(&function);
            // One strip for each image: the function takes whole images.
            custom = custom.try_host(usize::MAX, move |frame| function.execute(frame));
        }
        let kernel: Option<Kernel> = definition.getattr("kernel")?.extract()?;
        if let Some(kernel) = kernel {
            custom = kernel.add_to(custom)?;
        }
        Ok(CustomOperator { custom, function })
    }

    /// The Python object that describes an operator, which is kept by whoever keeps its pipeline; `None` for an operator that is no
    /// custom one of Python.
    pub(crate) fn definition<'py>(
        py: Python<'py>,
        operator: &Arc<dyn Operator>,
    ) -> PyResult<Option<Bound<'py, PyAny>>> {
        let any: &dyn Any = &**operator;
        let custom = any.downcast_ref::<CustomOperator>();
        let definition = custom.map(|custom| custom.function.definition(py));
        definition.transpose()
    }
}

/// The Python objects that describe the custom operators of a pipeline. Each class of Python that has a pipeline has them, and
/// shows them to the garbage collector.
pub(crate) struct Definitions(Vec<Py<PyAny>>);

impl Definitions {
    /// Those of a pipeline.
    pub(crate) fn of(py: Python<'_>, pipeline: &Pipeline) -> PyResult<Self> {
        let operators = pipeline.nodes().iter().map(|node| node.operator());
        let all =
            operators.filter_map(|operator| CustomOperator::definition(py, operator).transpose());
        let all: Vec<Py<PyAny>> = all
            .map(|definition| Ok(definition?.unbind()))
            .collect::<PyResult<_>>()?;
        Ok(Definitions(all))
    }

    /// Shows the objects to the garbage collector.
    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.0
            .iter()
            .try_for_each(|definition| visit.call(definition))
    }
}

impl fmt::Debug for CustomOperator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.custom.fmt(f)
    }
}

impl Operator for CustomOperator {
    fn kind(&self) -> &'static str {
        self.custom.kind()
    }

    fn input_count(&self) -> usize {
        self.custom.input_count()
    }

    fn plan(&self, inputs: &[ImageShape]) -> Result<Arc<dyn Plan>, OperatorError> {
        self.custom.plan(inputs)
    }
}
