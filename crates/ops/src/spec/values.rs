//! The values of all parameters of an operator.

use super::{INPUT, OperatorSpec, ParameterSpec, ParameterType, Value};
use crate::contract::{Operator, OperatorError};
use std::str::FromStr;
use std::sync::Arc;

/// The values of all parameters of a built-in operator, of the right types, with defaults filled in.
///
/// ```
/// use pixelflume_ops::registry;
///
/// let blur = registry::find("gaussian_blur").expect("a built-in operator");
/// let mut values = blur.values([("size", 5.into())])?;
/// values.set("sigma", 1.5)?;
/// assert_eq!(values.build()?.kind(), "gaussian_blur");
/// # Ok::<(), pixelflume_ops::OperatorError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Values {
    spec: &'static OperatorSpec,
    /// The values by number of the parameter.
    values: Vec<Value>,
}

impl Values {
    /// The values of an operator that exists, by number of the parameter.
    pub(super) const fn of_operator(spec: &'static OperatorSpec, values: Vec<Value>) -> Self {
        Values { spec, values }
    }

    /// Makes values from named ones; the others are defaults.
    pub(super) fn of_names<'n>(
        spec: &'static OperatorSpec,
        given: impl IntoIterator<Item = (&'n str, Value)>,
    ) -> Result<Self, OperatorError> {
        let mut values = vec![Value::Default; spec.parameters.len()];
        for (name, value) in given {
            values[spec.index(name)?] = value;
        }
        for (parameter, value) in spec.parameters.iter().zip(&mut values) {
            *value = parameter.resolve(spec.kind, std::mem::replace(value, Value::Default))?;
        }
        Ok(Values { spec, values })
    }

    /// The operator that the values are of.
    pub const fn spec(&self) -> &'static OperatorSpec {
        self.spec
    }

    /// Each parameter with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&'static ParameterSpec, &Value)> {
        self.spec.parameters.iter().zip(&self.values)
    }

    /// Replaces one value.
    ///
    /// # Errors
    /// [`OperatorError::UnknownParameter`], or [`OperatorError::Parameter`] for a value of another type. Whether it is in the
    /// range of the operator is said by [`Values::build`].
    pub fn set(&mut self, name: &str, value: impl Into<Value>) -> Result<(), OperatorError> {
        let index = self.spec.index(name)?;
        let parameter = &self.spec.parameters[index];
        self.values[index] = parameter.resolve(self.spec.kind, value.into())?;
        Ok(())
    }

    /// The parameters whose values are given for each image, by their positions among the parameters of the spec: those with the
    /// value `"input"`.
    pub fn given_for_each_image(&self) -> impl Iterator<Item = (usize, &'static ParameterSpec)> {
        let is_input = |value: &Value| matches!(value, Value::Name(name) if name == INPUT);
        let all = self.iter().enumerate();
        all.filter(move |(_, (parameter, value))| {
            matches!(parameter.value_type, ParameterType::OrInput(_)) && is_input(value)
        })
        .map(|(index, (parameter, _))| (index, parameter))
    }

    /// Makes the operator.
    ///
    /// # Errors
    /// [`OperatorError::Parameter`] for the first value that the operator refuses.
    pub fn build(&self) -> Result<Arc<dyn Operator>, OperatorError> {
        (self.spec.build)(self)
    }

    /// The value of a parameter.
    ///
    /// # Panics
    /// The operator has no such parameter. Specs ask for their own ones only, as the tests of the registry show.
    fn get(&self, name: &str) -> &Value {
        let index = self.spec.index(name);
        &self.values[index.unwrap_or_else(|error| panic!("{error}"))]
    }

    fn wrong_type(&self, name: &str) -> ! {
        panic!("{}: {name} is of another type", self.spec.kind)
    }

    /// The value as error texts show it.
    pub(crate) fn text(&self, name: &str) -> String {
        self.get(name).to_string()
    }

    /// Whether a parameter that the operator can derive has a value.
    pub(crate) fn is_given(&self, name: &str) -> bool {
        *self.get(name) != Value::Default
    }

    /// Whether the values of a parameter are given for each image.
    pub(crate) fn is_input(&self, name: &str) -> bool {
        matches!(self.get(name), Value::Name(name) if name == INPUT)
    }

    /// An integer parameter; `None` where the operator derives it.
    pub(crate) fn derived_integer(&self, name: &str) -> Option<u32> {
        let number = match *self.get(name) {
            Value::Integer(number) => u32::try_from(number).ok(),
            Value::Default => return None,
            _ => None,
        };
        Some(number.unwrap_or_else(|| self.wrong_type(name)))
    }

    /// An integer parameter that has a default or is required.
    pub(crate) fn integer(&self, name: &str) -> u32 {
        self.derived_integer(name)
            .unwrap_or_else(|| self.wrong_type(name))
    }

    /// A parameter of 0 to 255.
    pub(crate) fn byte(&self, name: &str) -> u8 {
        u8::try_from(self.integer(name)).unwrap_or_else(|_| self.wrong_type(name))
    }

    /// A floating point parameter; `None` where the operator derives it.
    pub(crate) fn derived_number(&self, name: &str) -> Option<f64> {
        match *self.get(name) {
            Value::Number(number) => Some(number),
            Value::Default => None,
            _ => self.wrong_type(name),
        }
    }

    /// A floating point parameter that has a default or is required.
    pub(crate) fn number(&self, name: &str) -> f64 {
        self.derived_number(name)
            .unwrap_or_else(|| self.wrong_type(name))
    }

    /// A parameter of several numbers; `None` where the operator derives it.
    pub(crate) fn derived_numbers(&self, name: &str) -> Option<&[f64]> {
        match self.get(name) {
            Value::Numbers(numbers) => Some(numbers),
            Value::Default => None,
            _ => self.wrong_type(name),
        }
    }

    /// A parameter of several numbers that has a default or is required.
    pub(crate) fn numbers(&self, name: &str) -> &[f64] {
        self.derived_numbers(name)
            .unwrap_or_else(|| self.wrong_type(name))
    }

    /// A parameter of as many numbers as its type says.
    pub(crate) fn array<const N: usize>(&self, name: &str) -> [f64; N] {
        let numbers = self.numbers(name).try_into();
        numbers.unwrap_or_else(|_| self.wrong_type(name))
    }

    /// A color parameter; `None` where the operator derives it.
    pub(crate) fn derived_color(&self, name: &str) -> Option<[u8; 4]> {
        match *self.get(name) {
            Value::Color(color) => Some(color),
            Value::Default => None,
            _ => self.wrong_type(name),
        }
    }

    /// A color parameter that has a default or is required.
    pub(crate) fn color(&self, name: &str) -> [u8; 4] {
        self.derived_color(name)
            .unwrap_or_else(|| self.wrong_type(name))
    }

    /// A parameter that is on or off.
    pub(crate) fn flag(&self, name: &str) -> bool {
        match *self.get(name) {
            Value::Flag(flag) => flag,
            _ => self.wrong_type(name),
        }
    }

    /// The name of a choice.
    pub(crate) fn name(&self, name: &str) -> &str {
        match self.get(name) {
            Value::Name(choice) => choice,
            _ => self.wrong_type(name),
        }
    }

    /// A choice as the operator's enum.
    pub(crate) fn choice<T: FromStr<Err = OperatorError>>(
        &self,
        name: &str,
    ) -> Result<T, OperatorError> {
        self.name(name).parse()
    }
}
