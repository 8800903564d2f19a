//! Operators as data: kind, parameters and builder of each built-in operator.
//!
//! An [`OperatorSpec`] stands in the folder of its operator (`src/<kind>/spec.rs`); the
//! [`registry`](mod@crate::registry) lists all of them. Pipeline files, parameters that change at run time, the operator page of
//! the book and the tests of all operators are made from the specs.

mod parameter;
#[cfg(feature = "testing")]
mod testing;
mod value;
mod values;

pub use parameter::{ParameterDefault, ParameterSpec, ParameterType};
#[cfg(feature = "testing")]
pub use testing::{OperatorTesting, Part, Sampler, Samples};
pub use value::Value;
pub use values::Values;

pub(crate) use parameter::{INPUT, choice};
pub(crate) use value::value_from_choice;

use crate::contract::{Operator, OperatorError};
use std::any::Any;
use std::sync::Arc;

/// A built-in operator as data.
#[derive(Debug)]
#[non_exhaustive]
pub struct OperatorSpec {
    /// The name of the operator in pipeline files, for example `gaussian_blur`.
    pub kind: &'static str,
    /// The result of the operator, in one line.
    pub summary: &'static str,
    /// The function with the same results, for example OpenCV's `GaussianBlur`.
    pub equals: &'static str,
    /// The number of the operator's inputs.
    pub inputs: usize,
    /// The operator's parameters, in the order in which messages list them.
    pub parameters: &'static [ParameterSpec],
    /// Makes the operator. Values have the types of the parameters.
    pub(crate) build: fn(&Values) -> Result<Arc<dyn Operator>, OperatorError>,
    /// The values of an operator by number of the parameter; `None` for an operator of another Rust type.
    pub(crate) read: fn(&(dyn Operator + 'static)) -> Option<Vec<Value>>,
    /// The samplers and references for tests of the operator.
    #[cfg(feature = "testing")]
    pub testing: &'static OperatorTesting,
}

/// Compares the kinds of two specs.
impl PartialEq for OperatorSpec {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl OperatorSpec {
    /// Collects the values of the parameters: those that are given by name, and defaults for the
    /// rest.
    ///
    /// # Errors
    /// [`OperatorError::UnknownParameter`], or [`OperatorError::Parameter`] for a value of another type and for a required
    /// parameter that is missing.
    pub fn values<'n>(
        &'static self,
        given: impl IntoIterator<Item = (&'n str, Value)>,
    ) -> Result<Values, OperatorError> {
        Values::of_names(self, given)
    }

    /// The values that an operator was built from; `None` where it is not this built-in operator.
    pub fn values_of(&'static self, operator: &(dyn Operator + 'static)) -> Option<Values> {
        Some(Values::of_operator(self, (self.read)(operator)?))
    }

    /// The number of the parameter of this name.
    fn index(&self, name: &str) -> Result<usize, OperatorError> {
        let mut parameters = self.parameters.iter();
        let found = parameters.position(|parameter| parameter.name == name);
        found.ok_or_else(|| OperatorError::UnknownParameter {
            operator: self.kind,
            parameter: name.chars().take(64).collect(),
            known: match self.parameters {
                [] => "it has none".to_owned(),
                known => {
                    let known: Vec<_> = known.iter().map(|parameter| parameter.name).collect();
                    format!("its parameters: {}", known.join(", "))
                }
            },
        })
    }
}

/// Shares an operator, for [`OperatorSpec::build`].
pub(crate) fn shared(
    operator: impl Operator + 'static,
) -> Result<Arc<dyn Operator>, OperatorError> {
    Ok(Arc::new(operator))
}

/// Reads the values of an operator that is a `T`, for [`OperatorSpec::read`].
pub(crate) fn read<T: Operator + 'static, const N: usize>(
    operator: &(dyn Operator + 'static),
    values: impl FnOnce(&T) -> [Value; N],
) -> Option<Vec<Value>> {
    let operator: &dyn Any = operator;
    operator
        .downcast_ref()
        .map(|operator| values(operator).into())
}
