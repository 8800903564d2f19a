//! Custom operators of Python: a function for the host device, a CUDA kernel as PTX, or both, as one operator.

use crate::pipeline::function::Function;
use crate::pipeline::kernel::Kernel;
use crate::pipeline::names::kept;
use crate::pipeline::refused;
use pixelflume::ops::{Custom, ImageShape, Operator, OperatorError, Plan};
use pyo3::prelude::*;
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
        let function = Arc::new(Function::new(kind, definition));
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

    /// The Python object that describes the operator.
    pub(crate) fn definition(&self, py: Python<'_>) -> Py<PyAny> {
        self.function.definition.clone_ref(py)
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
