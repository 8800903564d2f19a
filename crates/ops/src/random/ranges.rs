//! Ranges of numbers as parameters.

use crate::contract::OperatorError;
use crate::spec::{ParameterDefault, ParameterSpec, ParameterType, Value};
use std::borrow::Cow;

/// The entry of a parameter in the specs that is the least and the largest of the numbers that are drawn.
pub(crate) const fn range(
    name: &'static str,
    range: &'static str,
    default: &'static [f64],
    doc: &'static str,
    example: &'static str,
) -> ParameterSpec {
    ParameterSpec {
        name,
        value_type: ParameterType::Numbers {
            count: Some(2),
            range,
        },
        default: ParameterDefault::Value(Value::Numbers(Cow::Borrowed(default))),
        unit: "",
        doc,
        example,
    }
}

/// The entry of a parameter in the specs that is a probability.
pub(crate) const fn probability(
    name: &'static str,
    default: f64,
    doc: &'static str,
    example: &'static str,
) -> ParameterSpec {
    ParameterSpec {
        name,
        value_type: ParameterType::Number {
            range: "0 to 1",
            refused: &[-0.01, 1.01, f64::NAN, f64::INFINITY],
        },
        default: ParameterDefault::Value(Value::Number(default)),
        unit: "",
        doc,
        example,
    }
}

/// Refuses what is no probability.
pub(crate) fn check_probability(
    operator: &'static str,
    parameter: &'static str,
    probability: f64,
) -> Result<f64, OperatorError> {
    match (0.0..=1.0).contains(&probability) {
        true => Ok(probability),
        false => Err(OperatorError::Parameter {
            operator,
            parameter,
            got: probability.to_string(),
            expected: "a probability from 0 to 1".to_owned(),
        }),
    }
}

/// Refuses two numbers that are no range, or a range beyond `least` to `most`.
pub(crate) fn check_range(
    operator: &'static str,
    parameter: &'static str,
    [low, high]: [f64; 2],
    [least, most]: [f64; 2],
) -> Result<[f64; 2], OperatorError> {
    // A NaN fails each of these.
    if least <= low && low <= high && high <= most {
        return Ok([low, high]);
    }
    Err(OperatorError::Parameter {
        operator,
        parameter,
        got: format!("{:?}", [low, high]),
        expected: format!("the least number and the largest one, each from {least} to {most}"),
    })
}

/// Draws a range for a random operator of the tests.
#[cfg(feature = "testing")]
pub(crate) fn draw_range(random: &mut crate::testing::Random, [least, most]: [f64; 2]) -> [f64; 2] {
    let low = random.number(least, most);
    [low, random.number(low, most)]
}
