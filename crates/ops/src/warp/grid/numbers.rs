//! Parameters of a few numbers in a range, which are the same for all images or given for each.

use crate::contract::{ImageContext, OperatorError};
use crate::spec::{INPUT, Value, Values};
use std::ops::RangeInclusive;

/// A parameter of `N` numbers.
pub(crate) struct NumbersOf<const N: usize> {
    pub(crate) operator: &'static str,
    /// The position among the parameters of the operator's spec, and the name.
    pub(crate) place: (usize, &'static str),
    pub(crate) range: RangeInclusive<f64>,
    /// Whether numbers with a fraction are refused.
    pub(crate) integers: bool,
    /// What is possible, in words.
    pub(crate) expected: &'static str,
}

impl<const N: usize> NumbersOf<N> {
    fn takes(&self, numbers: &[f64; N]) -> bool {
        // A NaN is in no range.
        numbers
            .iter()
            .all(|number| self.range.contains(number) && (!self.integers || number.fract() == 0.0))
    }

    /// The numbers, which are those of all images.
    pub(crate) fn of_all(&self, numbers: [f64; N]) -> Result<[f64; N], OperatorError> {
        match self.takes(&numbers) {
            true => Ok(numbers),
            false => Err(self.refused(&numbers)),
        }
    }

    /// The error for numbers of all images.
    pub(crate) fn refused(&self, numbers: &[f64; N]) -> OperatorError {
        OperatorError::Parameter {
            operator: self.operator,
            parameter: self.place.1,
            got: shown(numbers),
            expected: self.expected.to_owned(),
        }
    }

    /// The numbers for an image: those of all images, or the given ones.
    pub(crate) fn of_image(
        &self,
        of_all: Option<[f64; N]>,
        image: &ImageContext<'_>,
    ) -> Result<[f64; N], OperatorError> {
        if let Some(of_all) = of_all {
            return Ok(of_all);
        }
        let given = image.numbers(self.operator, self.place, self.expected)?;
        match self.takes(&given) {
            true => Ok(given),
            false => Err(self.refused_of_image(&given)),
        }
    }

    /// The error for numbers that were given for an image.
    pub(crate) fn refused_of_image(&self, numbers: &[f64; N]) -> OperatorError {
        let expected = format!("give {}", self.expected);
        OperatorError::given(self.operator, self.place.1, shown(numbers), expected)
    }

    /// The numbers of the values of an operator; `None` where they are given for each image.
    pub(crate) fn of_values(&self, values: &Values) -> Option<[f64; N]> {
        (!values.is_input(self.place.1)).then(|| values.array(self.place.1))
    }
}

fn shown(numbers: &[f64]) -> String {
    match numbers {
        [number] => Value::from(*number).to_string(),
        numbers => format!("{numbers:?}"),
    }
}

/// The value of a parameter of several numbers: those of all images, or that they are given for each.
pub(crate) fn value_of<const N: usize>(of_all: Option<[f64; N]>) -> Value {
    of_all.map_or(INPUT.into(), Value::from)
}
