//! What an operator refuses, with the numbers.

use crate::image::{ImageShape, SampleType};
use thiserror::Error;

/// An operator cannot do what it was asked to do.
#[derive(Clone, Debug, Error, PartialEq)]
#[non_exhaustive]
pub enum OperatorError {
    /// A parameter is impossible, whatever the input.
    #[error("{operator}: {parameter} = {got} is not possible; {expected}")]
    Parameter {
        /// Kind of the operator.
        operator: &'static str,
        /// Name of the parameter.
        parameter: &'static str,
        /// The value given.
        got: String,
        /// What would be right.
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
    /// The operator takes another number of inputs.
    #[error("{operator} takes {expected} input(s), got {got}")]
    InputCount {
        /// Kind of the operator.
        operator: &'static str,
        /// How many it takes.
        expected: usize,
        /// How many it was given.
        got: usize,
    },
    /// The input has the wrong number of channels.
    #[error("{operator} takes images of {expected} channel(s), got {got}; {hint}")]
    Channels {
        /// Kind of the operator.
        operator: &'static str,
        /// What it takes, for example `1, 3 or 4`.
        expected: &'static str,
        /// The shape that came.
        got: ImageShape,
        /// What to do.
        hint: &'static str,
    },
    /// The input has the wrong sample type.
    #[error("{operator} takes {expected} samples, got {got}")]
    Sample {
        /// Kind of the operator.
        operator: &'static str,
        /// What it takes.
        expected: SampleType,
        /// The shape that came.
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
    /// Something else about the shape cannot be handled.
    #[error("{operator} cannot take {got}: {reason}")]
    Shape {
        /// Kind of the operator.
        operator: &'static str,
        /// The shape that came.
        got: ImageShape,
        /// Why not, and what to do.
        reason: String,
    },
}
