//! The errors of the operators, with their texts.

mod copies;
mod filters;
mod inputs;
mod parameters;
mod resample;

use pixelflume_ops::OperatorError;

fn message<T: std::fmt::Debug>(result: Result<T, OperatorError>) -> String {
    result.expect_err("this must be refused").to_string()
}
