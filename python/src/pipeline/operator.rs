//! `_native.Operator`: an operator with its parameters, checked.

use crate::pipeline::custom::CustomOperator;
use crate::pipeline::value::{to_python, value_of};
use crate::pipeline::{refused, wrong};
use pixelflume::graph::text::Shown;
use pixelflume::ops::registry;
use pixelflume::ops::spec::{ParameterDefault, Value};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// An operator with its parameters: a built-in one, or a custom one. It is immutable.
#[pyclass(frozen, module = "pixelflume._native")]
pub(crate) struct Operator {
    operator: Arc<dyn pixelflume::ops::Operator>,
    /// The Python object that describes a custom operator; `None` for a built-in one.
    custom: Option<Py<PyAny>>,
}

impl Operator {
    /// The operator, to add to a pipeline.
    pub(crate) fn operator(&self) -> &Arc<dyn pixelflume::ops::Operator> {
        &self.operator
    }

    /// Wraps the operator of a node of a pipeline.
    pub(crate) fn of(
        py: Python<'_>,
        operator: &Arc<dyn pixelflume::ops::Operator>,
    ) -> PyResult<Self> {
        let custom = CustomOperator::definition(py, operator)?;
        Ok(Operator {
            operator: Arc::clone(operator),
            custom: custom.map(Bound::unbind),
        })
    }

    /// Whether both have one effect: equal kinds and parameters, or equal custom operators.
    pub(crate) fn is_equal(&self, py: Python<'_>, other: &Operator) -> PyResult<bool> {
        match (&self.custom, &other.custom) {
            (Some(mine), Some(theirs)) => mine.bind(py).eq(theirs),
            (None, None) => Ok(self.text() == other.text()),
            _ => Ok(false),
        }
    }

    /// A text that is equal for operators of one kind with parameters that are equal to the last bit.
    fn text(&self) -> String {
        match registry::values_of(&*self.operator) {
            Some(values) => format!("{} {values:?}", self.kind()),
            None => self.kind().to_owned(),
        }
    }
}

#[pymethods]
impl Operator {
    #[new]
    #[pyo3(signature = (kind, parameters = None))]
    fn new(kind: &str, parameters: Option<&Bound<'_, PyDict>>) -> PyResult<Self> {
        let Some(spec) = registry::find(kind) else {
            return Err(wrong(format!(
                "there is no operator {}; pixelflume.Operators lists all as methods",
                Shown(kind)
            )));
        };
        let mut given = Vec::new();
        // A copy: the code of a value may change the dictionary.
        let parameters = parameters.map(PyDictMethods::copy).transpose()?;
        for (name, value) in parameters.iter().flatten() {
            let name: String = name.extract()?;
            let value = value_of(spec, &name, &value)?;
            given.push((name, value));
        }
        let named = given
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone()));
        let values = spec.values(named);
        let operator = values.and_then(|values| values.build());
        Ok(Operator {
            operator: operator.map_err(refused)?,
            custom: None,
        })
    }

    /// A custom operator of a `pixelflume.CustomOperator`.
    #[staticmethod]
    fn of_custom(definition: &Bound<'_, PyAny>) -> PyResult<Self> {
        Ok(Operator {
            operator: Arc::new(CustomOperator::new(definition)?),
            custom: Some(definition.clone().unbind()),
        })
    }

    /// The name of the operator in pipeline files.
    #[getter]
    fn kind(&self) -> &'static str {
        self.operator.kind()
    }

    /// The number of images that it reads.
    #[getter]
    fn inputs(&self) -> usize {
        self.operator.input_count()
    }

    /// The Python object that describes a custom operator, else `None`.
    #[getter]
    fn custom(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.custom.as_ref().map(|custom| custom.clone_ref(py))
    }

    /// The parameters with their values, those at their defaults as well.
    #[getter]
    fn parameters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let parameters = PyDict::new(py);
        if let Some(values) = registry::values_of(&*self.operator) {
            for (parameter, value) in values.iter() {
                parameters.set_item(parameter.name, to_python(py, value)?)?;
            }
        }
        Ok(parameters)
    }

    /// The parameters that have other values than their defaults.
    #[getter]
    fn given<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let given = PyDict::new(py);
        if let Some(values) = registry::values_of(&*self.operator) {
            for (parameter, value) in values.iter() {
                let is_default = match &parameter.default {
                    ParameterDefault::Value(default) => default == value,
                    _ => *value == Value::Default,
                };
                if !is_default {
                    given.set_item(parameter.name, to_python(py, value)?)?;
                }
            }
        }
        Ok(given)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let (py, this) = (slf.py(), slf.get());
        let class = slf.get_type();
        match &this.custom {
            Some(custom) => {
                let arguments = (custom.clone_ref(py),);
                (class.getattr("of_custom")?, arguments).into_pyobject(py)
            }
            None => (class, (this.kind(), this.parameters(py)?)).into_pyobject(py),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.custom)
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        match other.cast::<Operator>() {
            Ok(other) => self.is_equal(py, other.get()),
            Err(_) => Ok(false),
        }
    }

    fn __hash__(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.text().hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let parameters = self.parameters(py)?;
        Ok(format!(
            "Operator({:?}, {})",
            self.kind(),
            parameters.repr()?
        ))
    }
}
