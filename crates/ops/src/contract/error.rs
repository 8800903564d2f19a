//! The errors of operators.

use crate::image::{ImageShape, SampleType};
use thiserror::Error;

/// The parameters or input shapes of an operator are refused.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum OperatorError {
    /// A parameter has an impossible value, whatever the input.
    #[error("{operator}: {parameter} = {got} is not possible; {expected}")]
    Parameter {
        /// Kind of the operator.
        operator: &'static str,
        /// Name of the parameter.
        parameter: &'static str,
        /// The value that was given.
        got: String,
        /// The values that are possible.
        expected: String,
    },
    /// The operator has no parameter of this name.
    #[error("{operator} has no parameter {parameter:?}; {known}")]
    UnknownParameter {
        /// Kind of the operator.
        operator: &'static str,
        /// The name that was given.
        parameter: String,
        /// The parameters that it has.
        known: String,
    },
    /// The operator was given another number of inputs than it takes.
    #[error("{operator} takes {expected} input(s), got {got}")]
    InputCount {
        /// Kind of the operator.
        operator: &'static str,
        /// The number of inputs that the operator takes.
        expected: usize,
        /// The number of inputs that it was given.
        got: usize,
    },
    /// The input has the wrong number of channels.
    #[error("{operator} takes images of {expected} channel(s), got {got}; {hint}")]
    Channels {
        /// Kind of the operator.
        operator: &'static str,
        /// The numbers of channels that it takes, for example `1, 3 or 4`.
        expected: &'static str,
        /// The shape of the input.
        got: ImageShape,
        /// Advice for the user.
        hint: &'static str,
    },
    /// The input has the wrong sample type.
    #[error("{operator} takes {expected} samples, got {got}")]
    Sample {
        /// Kind of the operator.
        operator: &'static str,
        /// The sample type that it takes.
        expected: SampleType,
        /// The shape of the input.
        got: ImageShape,
    },
    /// The inputs of an operator that combines them differ in shape.
    #[error(
        "{operator} takes inputs of one shape, got {first} and {second}; resize or convert one of them first"
    )]
    UnequalInputs {
        /// Kind of the operator.
        operator: &'static str,
        /// Shape of the first input.
        first: ImageShape,
        /// Shape of the input that differs.
        second: ImageShape,
    },
    /// The values of a parameter that are given for each image are missing for an image, or are impossible. Who asks the operator
    /// knows which image it is.
    #[error("{operator}: {parameter} of the image is {got}; {expected}")]
    Given {
        /// Kind of the operator.
        operator: &'static str,
        /// Name of the parameter.
        parameter: &'static str,
        /// The values that were given, or `not given`.
        got: String,
        /// The values that are possible.
        expected: String,
    },
    /// The operator cannot take the shape for another reason.
    #[error("{operator} cannot take {got}: {reason}")]
    Shape {
        /// Kind of the operator.
        operator: &'static str,
        /// The shape of the input.
        got: ImageShape,
        /// The reason, and what the user can do about it.
        reason: String,
    },
}

impl OperatorError {
    /// The error for values of a parameter that are missing for an image, or are impossible.
    pub(crate) fn given(
        operator: &'static str,
        parameter: &'static str,
        got: String,
        expected: String,
    ) -> Self {
        OperatorError::Given {
            operator,
            parameter,
            got,
            expected,
        }
    }
}
